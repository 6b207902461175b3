import { page, post } from "./madeUpBrand.ts"
import type { MadeUpBrand } from "./madeUpBrand.ts"
export const dogGroomer: MadeUpBrand = {
  name: "Muddy Paws Grooming",
  answers: { "tier0.what_we_do": "We groom dogs at home in Cardiff." },
  topics: [
    "matting",
    "doodles",
    "nails",
    "puppy",
    "puppies",
    "summer coat",
    "coat",
    "double coat",
    "ears",
    "shampoo",
    "brush",
    "brushing",
    "mobile grooming",
    "nail clipping",
    "puppy visit",
    "first groom",
    "nervous dog",
    "nervous dogs",
    "doodle",
    "doodle coat",
    "rescue dogs",
    "rescue dog",
    "van"
  ],
  names: ["carys", "gethin", "biscuit", "teg", "cardiff", "muddy", "paws"],
  bundle: [
    post(
      "instagram",
      "Hiya! 🐾 Doodle owners, this one is for you. If the comb doesn't reach the skin, the coat is matting, however fluffy it looks on top. Line brushing, ten minutes, three times a week.\n\n#doodlesofinstagram #matting #doggrooming #muddypaws",
      300
    ),
    post(
      "instagram",
      "Look at this face. Biscuit came in with one solid mat from collar to tail. It had to come off, and he ran around like a puppy afterwards. Matting hurts, so please book before it gets this far. 💛\n\n#matting #doggrooming #beforeandafter #cockapoo",
      800
    ),
    post(
      "instagram",
      "Puppy's first visit isn't about the haircut. It's about the noise, the table and the treats. We book forty minutes for ten minutes of clipping. Ask Carys about our puppy plan!\n\n#puppygrooming #puppy #cardiffdogs",
      410
    ),
    post("tiktok", "Clipping black nails without panic #nails #doggrooming #dogtok #fyp", 2100, {
      transcript:
        "Hi it's Gethin. Black nails are scary because you can't see the quick. So take a sliver, look, take another. When you see a dark dot you stop. Little and often is how you keep nails short."
    }),
    post("tiktok", "Why I won't shave your husky #doublecoat #husky #dogtok", 9900, {
      transcript:
        "People ask me every summer. A double coat keeps the heat out as well. Shave it and it may never grow back right. What the dog needs is a blow out of the undercoat. That's it."
    }),
    post(
      "youtube",
      "Carys brushes out a golden retriever from nose to tail. A double coat sheds twice a year, and an hour with the right rake saves your sofa. Subscribe for more grooming at home!",
      500,
      { title: "Deshedding a double coat at home" }
    ),
    post(
      "youtube",
      "Nervous dog? We go slowly, we take breaks, and we stop when the dog says stop. Gethin explains how the van makes it easier: no barking neighbours, no waiting room.",
      310,
      { title: "Grooming nervous dogs" }
    ),
    post(
      "linkedin",
      "We're delighted to share that Muddy Paws now has three vans on the road. Mobile grooming was a pandemic idea, but nervous dogs made it a business: no kennels, no waiting, one dog at a time.",
      77
    ),
    post(
      "instagram",
      "Nervous rescue dogs are half of our Thursdays. Teg needed four visits before we could touch her paws. Now she climbs in the van by herself. 🥹\n\n#rescuedog #nervousdog #doggrooming",
      990
    ),
    post(
      "instagram",
      "Floppy ears, wet walks, hello infection. Dry the ears after every swim and smell them once a week. Yes, smell them.\n\n#dogears #doghealth #instadog",
      220
    ),
    post(
      "instagram",
      "Summer coats! ☀️ Brush, bath, blow out. Please don't shave a double coat, whatever the internet says.\n\n#doublecoat #summerdog #instagood",
      360
    ),
    post(
      "instagram",
      "Short nails are happy knees. If you hear clicking on the kitchen floor it's time. Nail clipping without an appointment, Saturdays, from the van outside the market.\n\n#nails #cardiffdogs",
      150
    ),
    post(
      "instagram",
      "New puppy in the house? Touch the paws, the ears and the tail every day, and give a treat each time. Your groomer will love you.\n\n#puppy #puppytips #doggrooming",
      640
    ),
    page(
      "Muddy Paws | Mobile dog grooming in Cardiff",
      "Home Prices Book FAQ\nWe come to you with warm water and a quiet van. Full groom from £45, nail clipping £12, puppy plan £60 for three visits. Manage cookies."
    )
  ]
}
