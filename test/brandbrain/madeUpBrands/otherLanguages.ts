import { post } from "./madeUpBrand.ts"

/** Posts of a Finnish sauna maker. */
export const finnish = [
  post(
    "instagram",
    "Hei! Tänä viikonloppuna lämmitetään savusauna. Kiuas on muurattu käsin ja löyly on pehmeä. #sauna #kiuas",
    120
  ),
  post(
    "instagram",
    "Kiukaan kivet kannattaa vaihtaa joka toinen vuosi. Näytämme videolla, miten se tehdään. #kiuas #löyly",
    90
  ),
  post(
    "youtube",
    "Rakennamme saunan alusta loppuun: hirret, lauteet ja kiuas. Kertokaa kommenteissa, mitä haluatte nähdä.",
    300
  ),
  post(
    "linkedin",
    "Yrityksemme täyttää kymmenen vuotta. Kiitos kaikille asiakkaille, jotka ovat luottaneet meihin.",
    45
  )
]

/** Posts of a Turkish carpet shop. */
export const turkish = [
  post("instagram", "Merhaba! Bu hafta yeni kilimler geldi. Hepsi el dokuması, kök boyalı yünden. #kilim #halı", 140),
  post(
    "instagram",
    "Halınızı nasıl temizlemelisiniz? Önce süpürün, sonra soğuk su ile silin, güneşte bırakmayın. #halı",
    200
  ),
  post("tiktok", "Bir kilim kaç günde dokunur? Ustamız Ayşe anlatıyor. #kilim #elemeği", 900)
]
