import { page, post } from "./madeUpBrand.ts"
import type { MadeUpBrand } from "./madeUpBrand.ts"

const bundle = [
  post(
    "instagram",
    "Guten Morgen ihr Lieben! ☀️ Heute gibt's wieder unser Roggenbrot mit 24 Stunden Teigruhe. Der Sauerteig ist von 1962, die Kruste von heute früh.\n\n#roggenbrot #sauerteig #bäckerei #brotliebe",
    340
  ),
  post(
    "instagram",
    "Hey, habt ihr schon unsere neuen Dinkelbrötchen probiert? Wir mahlen das Mehl dafür selbst, jeden Dienstag. Kommt vorbei und sagt uns, was ihr denkt!\n\n#dinkel #mehl #backhausbrenner",
    210
  ),
  post(
    "instagram",
    "Das ist Anna. Anna lernt bei uns im dritten Jahr und hat gerade die Zwischenprüfung bestanden. 🎉 Für die Ausbildung ab August suchen wir noch zwei junge Leute, die gern früh aufstehen.\n\n#ausbildung #bäckerhandwerk #team",
    615
  ),
  post(
    "instagram",
    "Euch ist aufgefallen, dass die Brezeln anders aussehen? Richtig: Seit Montag schlingt Jonas sie wieder von Hand. Die Maschine war schneller, die Brezeln waren schlechter.\n\n#brezeln #handwerk #instafood",
    480
  ),
  post(
    "instagram",
    "Der Advent kommt, und mit ihm der Stollen. Wir backen ihn ab Mitte Oktober, denn ein guter Stollen muss vier Wochen liegen. Bestellt gern schon vor, Link in der Bio.\n\n#stollen #weihnachten #backhausbrenner",
    390
  ),
  post("tiktok", "So füttern wir unseren Sauerteig 👀 #sauerteig #brotbacken #bäcker #fyp", 5200, {
    transcript:
      "Hallo, ich bin Jonas. Unser Sauerteig bekommt jeden Abend um acht Mehl und Wasser, sonst nichts. Er ist älter als ich. Wenn er am Morgen Blasen wirft, wissen wir, dass das Brot gut wird."
  }),
  post("tiktok", "Brezeln schlingen in Zeitlupe 🥨 #brezeln #handwerk #fürdich #viral", 8100, {
    transcript:
      "Zwei Enden, einmal überkreuzen, umklappen, fertig. Das sieht einfach aus. Ich habe dafür ein halbes Jahr gebraucht."
  }),
  post(
    "youtube",
    "In diesem Video zeigt euch Anna, wie ihr zu Hause einen Sauerteig ansetzt. Ihr braucht nur Roggenmehl, Wasser und fünf Tage Geduld. Abonniert unseren Kanal, wenn euch das Video gefällt!",
    720,
    { title: "Sauerteig selber ansetzen: so geht's in fünf Tagen" }
  ),
  post(
    "youtube",
    "Warum kostet ein Brot bei uns fünf Euro? Wir rechnen vor: Mehl, Strom, Löhne, Miete. Schreibt uns eure Fragen in die Kommentare.",
    1050,
    { title: "Was ein Brot wirklich kostet" }
  ),
  post(
    "linkedin",
    "Wir freuen uns sehr: Das Backhaus Brenner bildet seit diesem Jahr vier junge Menschen aus. Die Ausbildung zum Bäcker hat einen schlechten Ruf wegen der Uhrzeiten. Darum fängt bei uns niemand vor vier Uhr an. Spannende Einblicke folgen.",
    130
  ),
  post(
    "linkedin",
    "Nachhaltigkeit beginnt beim Mehl. Unser Getreide kommt von drei Höfen aus der Region, alle unter 30 Kilometer entfernt. Die Bauern wissen im Herbst, was wir im Frühjahr zahlen. Vielen Dank an Familie Huber für das Vertrauen.",
    175
  ),
  post(
    "instagram",
    "Schönes Wochenende euch allen! Samstag gibt es Roggenbrot und Dinkelbrötchen bis 13 Uhr, Sonntag nur Brötchen und Kuchen.\n\n#wochenende #roggenbrot #frühstück",
    155
  ),
  post(
    "instagram",
    "Getreide aus der Region, Teil 2: Hier steht der Dinkel vom Huberhof, noch grün. In zehn Wochen ist er Mehl, in elf ist er euer Frühstück. 🌾\n\n#dinkel #getreide #regional",
    265
  ),
  page(
    "Backhaus Brenner, Bäckerei in Augsburg",
    "Startseite Sortiment Ausbildung Kontakt Impressum\nBrot aus Sauerteig, Brezeln von Hand und Kuchen ohne Fertigmischung. Unser Getreide kommt von Höfen aus der Region. Im Advent verschicken wir Stollen in ganz Deutschland. Wir verwenden Cookies. Datenschutz."
  ),
  post(
    "instagram",
    "Na, wer hat den ersten Stollen schon angeschnitten? 🙈 Zeigt uns eure Bilder und markiert uns in der Story!\n\n#stollen #advent #foodporn",
    288
  )
]

export const bakery: MadeUpBrand = {
  name: "Backhaus Brenner",
  answers: {
    "tier0.what_we_do": "Wir backen Brot und Brötchen in Augsburg.",
    "tier0.who_for": "Menschen aus dem Viertel.",
    "tier0.primary_goal": "Vorbestellungen im Advent.",
    "tier0.cta_posture": "Einladen, nicht drängen."
  },
  bundle,
  topics: [
    "Advent",
    "Ausbildung",
    "Brezeln",
    "Dinkel",
    "Dinkelbrötchen",
    "Frühstück",
    "Getreide",
    "Handwerk",
    "Kuchen",
    "Mehl",
    "Region",
    "Roggenbrot",
    "Sauerteig",
    "Stollen"
  ],
  names: ["anna", "jonas", "huber", "augsburg", "backhaus", "brenner"]
}
