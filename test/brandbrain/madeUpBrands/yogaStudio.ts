import { page, post } from "./madeUpBrand.ts"
import type { MadeUpBrand } from "./madeUpBrand.ts"

const bundle = [
  post(
    "instagram",
    "Good morning lovely people ☀️ Wrists sore after downward dog? Spread your fingers and press through the knuckles, not the heel of your hand. Your shoulders will notice too.\n\n#downwarddog #yogatips #alignment #yogaeverydamnday",
    410
  ),
  post(
    "instagram",
    "Hello Monday! New here? Our beginners course starts on 3 June: six evenings, ten people, no lycra needed. Lena will tell you which props to borrow and which to ignore.\n\nLink in bio ✨\n\n#beginnersyoga #yogacourse #stillwateryoga",
    233
  ),
  post(
    "instagram",
    "Four counts in, six counts out. If you only keep one thing from class, keep the breath. A longer exhale slows the heart, which is why we end every practice with breathwork.\n\n#breathwork #pranayama #calm",
    688
  ),
  post(
    "instagram",
    "Things Marcus says in yin class: \"If it hurts, that's not depth, that's a complaint.\" Yin yoga is three minutes of nothing much, then five minutes of quite a lot. 🌙 Thursdays at eight.\n\n#yinyoga #slowdown #love",
    520
  ),
  post(
    "tiktok",
    "3 desk stretches for your back (do them now, nobody's looking) #backpain #deskstretch #yogatok #fyp",
    5200,
    {
      transcript:
        "Hi, I'm Lena. If your back hurts from sitting, try this. Hands on the desk, walk back, let your chest drop. Then turn the chair and twist. Back pain is mostly a sitting problem, so stand up."
    }
  ),
  post("tiktok", "Breathwork for people who hate breathwork 😮‍💨 #breathwork #anxiety #yogatok #viral", 3900, {
    transcript:
      "Okay so you don't have to sit on the floor. Breathe in for four. Out for six. Ten rounds. That is the whole thing."
  }),
  post(
    "youtube",
    "A twenty minute yin yoga practice for tight hips, with Marcus. You need two blocks and a blanket. Like and subscribe if your hips feel better!",
    940,
    { title: "Yin yoga for tight hips | 20 minutes" }
  ),
  post(
    "youtube",
    "Lower back pain? This short practice is what Lena teaches in our back care class: cat and cow, a supported bridge, and a long rest. Talk to your doctor first if the pain is new.",
    1310,
    { title: "Yoga for lower back pain" }
  ),
  post(
    "instagram",
    "Prenatal class is back on Wednesdays 🤰 Left side, pillow between the knees, and nobody counts anything. Come as you are, in whichever trimester.\n\n#prenatalyoga #pregnancy #stillwateryoga #instagood",
    377
  ),
  post(
    "instagram",
    "Retreat news! Five days on the coast in September, two practices a day, one cook, zero phones. Twelve places, and last year's retreat was full in a week. DM us for the list.\n\n#yogaretreat #retreat #wanderlust",
    812
  ),
  post(
    "linkedin",
    "We're excited to announce that Stillwater Yoga now teaches in six offices across Bristol. Fifteen minutes of stretching at the desk, no mats. The insights surprised us: people came for their back pain and stayed for the breathing.",
    88
  ),
  post(
    "linkedin",
    "What does an hour without a phone do to a team? After our office retreat in April, four managers told us that they slept. We're planning the next one. Thank you to Marcus and to everybody who joined.",
    64
  ),
  post(
    "instagram",
    "Pregnant and stiff? Prenatal yoga isn't about stretching further, it's about making room. Lena has taught it for nine years and has two reasons of her own at home.\n\n#prenatalyoga #yogamum",
    295
  ),
  page(
    "Stillwater Yoga Bristol",
    "Classes Timetable Prices Retreats Contact\nYoga for bodies that sit too much. Beginners course, yin, prenatal and back care classes in a former chapel in Bristol. First class free. Our beginners course runs four times a year. Privacy policy. Accept all cookies."
  ),
  post(
    "instagram",
    "Not flexible? Neither was anybody on the first evening of the beginners course. Two places left for June. Hope to see you 🙏\n\n#beginnersyoga #yogabristol",
    260
  )
]

export const yogaStudio: MadeUpBrand = {
  name: "Stillwater Yoga",
  answers: {
    "tier0.what_we_do": "We teach yoga in small classes in Bristol.",
    "tier0.who_for": "People who sit too much.",
    "tier0.primary_goal": "Fill the beginners course.",
    "tier0.cta_posture": "Invite, never push."
  },
  bundle,
  topics: [
    "back care",
    "back pain",
    "beginners course",
    "beginners yoga",
    "breathing",
    "breathwork",
    "downward dog",
    "hips",
    "lower back",
    "prenatal yoga",
    "retreat",
    "retreats",
    "stretching",
    "tight hips",
    "yin yoga",
    "yin"
  ],
  names: ["lena", "marcus", "bristol", "stillwater"]
}
