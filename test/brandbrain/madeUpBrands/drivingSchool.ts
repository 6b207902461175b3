import { page, post } from "./madeUpBrand.ts"
import type { MadeUpBrand } from "./madeUpBrand.ts"
export const drivingSchool: MadeUpBrand = {
  name: "Fahrschule Kessler",
  answers: { "tier0.what_we_do": "Wir bringen Menschen in Gera das Autofahren bei." },
  topics: [
    "Prüfung",
    "Theorie",
    "Führerschein",
    "Schulterblick",
    "Einparken",
    "Autobahn",
    "Automatik",
    "Nachtfahrt",
    "Vorfahrt",
    "Kosten",
    "Fahrstunde",
    "Fahrstunden",
    "Motorrad",
    "Prüfungsangst",
    "Theorieprüfung"
  ],
  names: ["jana", "leni", "mohammed", "paul", "gera", "kessler"],
  bundle: [
    post(
      "instagram",
      "Hallo ihr Lieben! Bestanden haben diese Woche: Leni, Mohammed und Paul. 🎉 Alle drei beim ersten Versuch. Die Prüfung dauert 55 Minuten und fühlt sich an wie fünf Stunden.\n\n#bestanden #führerschein #prüfung #fahrschulekessler",
      340
    ),
    post(
      "instagram",
      "Schulterblick vergessen heißt durchgefallen. Nicht, weil der Prüfer streng ist, sondern weil im toten Winkel ein Kind auf dem Rad sein kann.\n\n#schulterblick #fahrschule #sicherheit",
      510
    ),
    post(
      "instagram",
      "Was kostet der Führerschein? Bei uns im Schnitt 2.900 Euro, und wir sagen euch vorher, woraus sich die Kosten zusammensetzen: Grundbetrag, Fahrstunden, Prüfung.\n\n#führerschein #kosten #transparenz",
      620
    ),
    post("tiktok", "Einparken in drei Schritten 🅿️ #einparken #fahrschultok #fyp", 7400, {
      transcript:
        "Servus, ich bin Jana. Spiegel auf Höhe Spiegel. Dann rückwärts, bis du im Fenster den Bordstein siehst, dann voll einschlagen. Einparken ist Geometrie, kein Talent."
    }),
    post("tiktok", "Der Schulterblick, den alle vergessen #schulterblick #fahrschultok #viral", 6100, {
      transcript:
        "Beim Abbiegen nach rechts. Alle schauen in den Spiegel, keiner schaut über die Schulter. Schulterblick, jedes Mal, auch wenn niemand da ist."
    }),
    post(
      "youtube",
      "Jana fährt mit einer Schülerin zum ersten Mal auf die Autobahn. Auffahren, Abstand, Überholen: worauf es bei der Autobahn ankommt. Lasst gern ein Abo da!",
      430,
      { title: "Zum ersten Mal auf der Autobahn" }
    ),
    post(
      "youtube",
      "Prüfungsangst ist normal. Wir sprechen mit einem Prüfer darüber, was er wirklich sehen will, und was ihm egal ist. Kommentiert eure Erfahrungen!",
      580,
      { title: "Was der Prüfer sehen will" }
    ),
    post(
      "linkedin",
      "Die Fahrschule Kessler stellt um: Ab Herbst lernen alle zuerst auf Automatik. Wer auf Automatik geprüft wird und zehn Stunden geschaltet fährt, darf beides. Das spart Nerven und Fahrstunden.",
      90
    ),
    post(
      "instagram",
      "Automatik oder Schaltung? Fragt uns! Mit Automatik habt ihr den Kopf frei für den Verkehr. Schalten lernt ihr danach in Ruhe.\n\n#automatik #schaltwagen #führerschein",
      270
    ),
    post(
      "instagram",
      "Prüfungsangst? Jana hat einen Trick: Erzählt laut, was ihr seht. Wer redet, vergisst das Zittern. 💪\n\n#prüfungsangst #prüfung #mutmacher",
      480
    ),
    post(
      "instagram",
      "Theorie ist Montag und Mittwoch um 18 Uhr. Vierzehn Abende, keine Anmeldung. Die Theorie bleibt ein Jahr gültig, also lasst euch Zeit.\n\n#theorie #theorieunterricht",
      130
    ),
    post(
      "instagram",
      "Schönen Feiertag! Die Autobahn ist heute voll, darum üben wir Einparken. Auch gut.\n\n#einparken #autobahn #fahrlehrer",
      160
    ),
    page(
      "Fahrschule Kessler in Gera",
      "Startseite Preise Termine Team Kontakt\nAuto, Motorrad, Anhänger. Theorie zweimal in der Woche, Fahrstunden nach Absprache, auch abends. Die Prüfung legt ihr in Gera ab. Impressum und Datenschutz."
    )
  ]
}
