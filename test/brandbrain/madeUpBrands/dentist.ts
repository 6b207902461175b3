import { page, post } from "./madeUpBrand.ts"
import type { MadeUpBrand } from "./madeUpBrand.ts"
export const dentist: MadeUpBrand = {
  name: "Zahnarztpraxis Dr. Wiegand",
  answers: { "tier0.what_we_do": "Wir behandeln Zähne in Kassel, auch bei Angst." },
  topics: [
    "Prophylaxe",
    "Zahnreinigung",
    "Angst",
    "Angstpatienten",
    "Implantate",
    "Implantat",
    "Karies",
    "Zahnseide",
    "Kinder",
    "Milchzähne",
    "Schiene",
    "Zähneknirschen",
    "Zahnfleisch",
    "Zucker",
    "Zahnbürste",
    "Fluorid"
  ],
  names: ["svenja", "wiegand", "kassel", "marburg"],
  bundle: [
    post(
      "instagram",
      "Hallo zusammen! 😁 Putzt ihr vor oder nach dem Frühstück? Vor dem Frühstück ist besser: Säure macht den Schmelz weich, und die Zahnbürste reibt ihn ab.\n\n#zahnpflege #zahnbürste #wiegand",
      150
    ),
    post(
      "instagram",
      "Zahnseide ist kein Extra, sondern die halbe Miete. Zwischen den Zähnen entsteht die meiste Karies. Einmal am Abend genügt.\n\n#zahnseide #karies #mundgesundheit",
      230
    ),
    post(
      "instagram",
      "Angst vor dem Bohren? Sagt es uns gleich am Telefon. Bei Angstpatienten planen wir die doppelte Zeit ein, und beim ersten Termin wird nur geredet. Versprochen.\n\n#zahnarztangst #angstpatienten #kassel",
      610
    ),
    post(
      "instagram",
      "Unsere Neue: Svenja verstärkt die Prophylaxe. Sie hat vorher in Marburg gearbeitet und singt bei der Arbeit. Willkommen im Team!\n\n#prophylaxe #team #zahnarztpraxis",
      420
    ),
    post("tiktok", "Milchzähne fallen doch eh aus? Falsch! #milchzähne #kinder #zahntok #fyp", 3200, {
      transcript:
        "Hi, ich bin Dr. Wiegand. Milchzähne halten den Platz für die bleibenden Zähne frei. Karies an Milchzähnen tut genauso weh. Also putzt bei euren Kindern nach, bis sie eine Schreibschrift haben."
    }),
    post("tiktok", "3 Anzeichen, dass du nachts knirschst 😬 #zähneknirschen #zahntok #viral", 5100, {
      transcript:
        "Der Kiefer ist morgens müde. Die Kanten der Zähne sind flach. Und du hast Kopfschmerzen an der Schläfe. Eine Schiene hilft, aber erst reden wir über den Stress."
    }),
    post(
      "youtube",
      "Implantat oder Brücke? Wir vergleichen beides: Kosten, Haltbarkeit, Aufwand. Ein Implantat schont die Nachbarzähne, braucht aber Knochen. Schreibt eure Fragen in die Kommentare.",
      380,
      { title: "Implantat oder Brücke: was passt zu wem?" }
    ),
    post(
      "youtube",
      "So läuft eine Zahnreinigung ab. Svenja zeigt jeden Schritt, von der Diagnose bis zur Politur. Die Prophylaxe dauert eine Stunde und tut nicht weh.",
      290,
      { title: "Professionelle Zahnreinigung erklärt" }
    ),
    post(
      "linkedin",
      "Wir suchen Verstärkung für die Prophylaxe. Vier-Tage-Woche, eigener Raum, keine Überstunden. Wir freuen uns auf Bewerbungen!",
      66
    ),
    post(
      "instagram",
      "Kinder haben keine Angst vor dem Zahnarzt, sie lernen sie. Darum gibt es bei uns die Kinderstunde am Mittwoch: Stuhl fahren, Spiegel halten, fertig.\n\n#kinder #kinderzahnarzt #ohneangst",
      350
    ),
    post(
      "instagram",
      "Das Zahnfleisch blutet beim Putzen? Dann bitte nicht weniger putzen, sondern gründlicher. Blutung heißt Entzündung. Nach zwei Wochen Zahnseide ist meistens Ruhe.\n\n#zahnfleisch #parodontitis #instagood",
      270
    ),
    post(
      "instagram",
      "Zucker ist nicht das Problem, die Häufigkeit ist es. Lieber einmal am Tag naschen als zehnmal ein bisschen. Das gilt auch für Kinder. 🍬\n\n#zucker #karies #kinder",
      190
    ),
    post(
      "instagram",
      "Ein Implantat hält bei guter Pflege zwanzig Jahre und länger. Pflege heißt: Bürstchen, Zahnseide, zweimal im Jahr Prophylaxe.\n\n#implantat #zahnersatz",
      130
    ),
    page(
      "Zahnarztpraxis Dr. Wiegand in Kassel",
      "Startseite Leistungen Team Termin Kontakt\nProphylaxe, Implantate und Behandlung bei Angst. Online-Termin buchen. Sprechzeiten Montag bis Freitag. Impressum. Cookie-Einstellungen."
    )
  ]
}
