import { page, post } from "./madeUpBrand.ts"
import type { MadeUpBrand } from "./madeUpBrand.ts"

const bundle = [
  post(
    "instagram",
    "Moin! Die ersten Stauden sind da 🌱 Storchschnabel, Salbei, Fetthenne: alles bei uns im Freiland gezogen und winterhart bis minus zwanzig Grad.\n\n#stauden #gärtnerei #gartenliebe #grünerdaumen",
    190
  ),
  post(
    "instagram",
    "Ihr fragt uns oft, wann man Rosen schneidet. Die Antwort: wenn die Forsythie blüht. Nicht nach Kalender, nicht nach Nachbarn. Meike zeigt euch am Samstag beim Schnittkurs, wie.\n\n#rosen #rosenschnitt #gartentipps",
    455
  ),
  post(
    "instagram",
    "Trockener Sommer, durstiges Beet? Mit einer Schicht Mulch müsst ihr nur halb so oft gießen. Fünf Zentimeter reichen, aber bitte nicht direkt an den Stamm.\n\n#mulch #gießen #gartentipps #trockenheit",
    520
  ),
  post(
    "instagram",
    "Bienen brauchen im März schon Futter! 🐝 Krokus, Lungenkraut und Weide blühen als Erste. Wir haben ein Beet für Wildbienen angelegt, schaut gern vorbei.\n\n#wildbienen #bienenfreundlich #naturgarten",
    730
  ),
  post("tiktok", "Tomaten ausgeizen: ja oder nein? 🍅 #tomaten #gartentok #selbstversorger #fyp", 6400, {
    transcript:
      "Hallo zusammen, hier ist Ole. Die Tomaten treiben in jeder Achsel einen neuen Trieb. Bei Stabtomaten brecht ihr den raus, bei Buschtomaten nicht. Das ist das ganze Geheimnis."
  }),
  post("tiktok", "3 Fehler beim Gießen 💧 #gießen #gartentok #gartentipps #foryou", 3900, {
    transcript:
      "Mittags gießen, über die Blätter gießen, jeden Tag ein bisschen gießen. Besser: morgens, an die Wurzel, zweimal die Woche richtig."
  }),
  post(
    "youtube",
    "Ole pflanzt einen Obstbaum: Loch, Pfahl, Wasser, Geduld. Im Video seht ihr, warum die Veredelungsstelle über der Erde bleiben muss. Lasst ein Abo da und schreibt eure Fragen in die Kommentare!",
    610,
    { title: "Obstbaum pflanzen: so wächst er an" }
  ),
  post(
    "youtube",
    "Kompost in einem Jahr statt in dreien. Meike erklärt, was hinein darf, was nicht, und warum Luft wichtiger ist als jedes Pulver aus dem Baumarkt.",
    880,
    { title: "Kompost anlegen: die drei häufigsten Fehler" }
  ),
  post(
    "linkedin",
    "Seit diesem Frühjahr verkaufen wir keine Erde mit Torf mehr. Torffreie Erde hält das Wasser anders, darum beraten wir jeden Kunden einzeln. Moore speichern mehr Kohlenstoff als alle Wälder. Wir sind stolz auf diesen Schritt.",
    240
  ),
  post(
    "linkedin",
    "Spannende Einblicke aus der Saison: Zwei von drei Kunden fragen inzwischen nach Pflanzen, die mit Trockenheit zurechtkommen. Unsere Stauden für trockene Böden haben sich verdoppelt. Danke an das ganze Team der Gärtnerei Lindhof!",
    118
  ),
  post(
    "instagram",
    "Torf gehört ins Moor. 💚 Bei uns gibt's nur noch Erde ohne Torf, gemischt aus Kompost, Holzfaser und Rinde. Fragt uns gern, wenn ihr unsicher seid.\n\n#torffrei #erde #lindhof",
    365
  ),
  post(
    "instagram",
    "Apfel oder Birne? Einen Obstbaum pflanzt man im Herbst, dann wurzelt er, bevor der Sommer kommt. Alte Sorten wie Finkenwerder Herbstprinz haben wir ab Oktober.\n\n#obstbaum #altesorten #herbst",
    270
  ),
  post(
    "instagram",
    "Hallo ihr Lieben, die Tomaten sind so weit! 28 Sorten, alle samenfest. Nach den Eisheiligen dürfen sie raus, vorher bitte nicht, auch wenn die Sonne lacht.\n\n#tomaten #sortenvielfalt #instagarden",
    440
  ),
  page(
    "Gärtnerei Lindhof | Stauden, Rosen, Obstbäume",
    "Start Sortiment Kurse Anfahrt Kontakt\nStauden, Rosen und Obstbäume aus eigener Anzucht, dazu torffreie Erde und Kompost. Im Frühjahr und Herbst geben wir Kurse zum Rosenschnitt. Montag bis Samstag geöffnet. Impressum. Datenschutz. Cookies akzeptieren."
  ),
  post(
    "instagram",
    "Rosen im Kübel? Geht! Der Topf muss tief sein, nicht breit. Und einmal im Jahr frische Erde. Meike schwört auf Kompost obendrauf. 🌹\n\n#rosen #balkon #gartenliebe",
    330
  ),
  post(
    "instagram",
    "Ein Beet für Wildbienen braucht keinen Zaun und kein Hotel, sondern offenen Boden und Stauden, die nacheinander blühen. Unsere Liste gibt's am Tresen.\n\n#wildbienen #stauden",
    298
  )
]

export const gardenNursery: MadeUpBrand = {
  name: "Gärtnerei Lindhof",
  answers: {
    "tier0.what_we_do": "Wir ziehen Pflanzen und beraten, wie sie wachsen.",
    "tier0.who_for": "Menschen mit Garten oder Balkon.",
    "tier0.primary_goal": "Mehr Anmeldungen zu den Kursen.",
    "tier0.cta_posture": "Erst helfen."
  },
  bundle,
  topics: [
    "Beet",
    "Bienen",
    "Erde",
    "Gießen",
    "Kompost",
    "Mulch",
    "Obstbaum",
    "Obstbäume",
    "Rosen",
    "Rosenschnitt",
    "Sorten",
    "Stauden",
    "Tomaten",
    "Torf",
    "Trockenheit",
    "Wildbienen"
  ],
  names: ["meike", "ole", "lindhof", "gärtnerei", "finkenwerder"]
}
