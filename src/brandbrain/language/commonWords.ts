/**
 * Words that accounts of every trade use: for greetings, platforms, web sites, time and measures.
 *
 * They add to a language's stop words. The words of a single trade don't belong here.
 */
export const commonWords: Readonly<Record<"en" | "de", ReadonlySet<string>>> = {
  en: new Set(
    `account afternoon answer article audience bio blog bit chapter channel comment content contact cookie couple creator day
     description dm email episode evening everybody everyone everything feed folk follow follower form friend fun giveaway guide
     guy half hello hey hi hour idea insight insta instagram lady line link linkedin list login look lot love luck mail member
     menu message middle minute moment money month morning nav news newsletter night nobody note number offer one order page part
     people person photo picture place podcast point policy post privacy question reader reason reel reminder room second
     share site somebody someone something start story stuff subscriber swipe tag team thank thing thought tiktok time
     tip today tomorrow tonight total trick try tutorial update user version video view viewer visit vlog vote way website week
     weekend welcome while word work world year yesterday youtube
     amazing excited exciting great happy honoured proud thrilled lovely new next last first second third good best better big
     little small same full free whole different sure ready able own many more most much few enough other late early long short
     announce announcement challenge community culture growth journey leadership mindset motivation networking opportunity
     success passion vibe mood inspiration lifestyle life
     go going get getting make making come coming take taking need want know think see say tell ask give put keep let join show
     find help try use using do doing be being have having learn read write wait call talk look looking feel happen mean click`
      .split(/\s+/)
  ),
  de: new Set(
    `abo abend abonnent angebot ansicht antwort artikel beitrag bild bio blick blog cookie cookies dame danke datenschutz einblick
     einblicke ende feed fehler feierabend follower folge foto frage fragen freude freund freunde frohe galerie gast gäste geheimnis
     grund grüße gruß gäste hallo herz herzen herr impressum infos info insta instagram jahr jahre kanal kapitel kategorie kommentar
     kommentare konto kontakt kunde kunden kundin kundinnen leute link liebe liebes lieben linkedin liste login mal meinung mensch
     menschen minute minuten mitglied moin moment monat monate morgen nachricht neuigkeiten newsletter ort podcast post posting
     problem reel reihe sache sachen schritt seite seiten sekunde sekunden servus start startseite story stunde stunden tag tage team
     teil thema themen tipp tipps tiktok trick uhr update video videos vertrauen vielfalt website webseite weg willkommen woche
     wochen wochenende wort worte youtube zeit zeitlupe ziel zukunft frau familie alter meter zentimeter kilometer kilo gramm prozent
     grad euro cent liter`.split(/\s+/)
  )
}

/** A greeting that opens a post, with the few words that say who is greeted. */
export const salutation =
  /^\s*(?:hey|hi|hello|good (?:morning|afternoon|evening)|happy \p{L}+day|welcome|hallo|moin|servus|na|grüß gott|guten (?:morgen|tag|abend)|schöne[ns]? \p{L}+|frohe[sn]? \p{L}+)(?![\p{L}-])(?:[^.!?,:\n]{0,30}?(?:[.!?,:\n]|\p{Extended_Pictographic}))?/iu

/** True for a hashtag that names no subject: one that every account uses, names a format, or asks for more viewers. */
export const isFeedTag = (tag: string): boolean =>
  /tok$|^insta|instagram$|^(?:fyp|foryou|fürdich|viral|trending|follow(?:me|us)|(?:photo|pic)ofthe|throwback)/.test(
    tag
  ) ||
  formatTags.has(tag) || commonWords.en.has(tag) || commonWords.de.has(tag)

const formatTags: ReadonlySet<string> = new Set(
  `beforeandafter behindthescenes bts dayinthelife explore explorepage follow foodporn igdaily meettheteam pov reel reels repost
   short shorts tbt tiktok vlog youtube`.split(/\s+/)
)
