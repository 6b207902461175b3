import { page, post } from "./madeUpBrand.ts"
import type { MadeUpBrand } from "./madeUpBrand.ts"

const bundle = [
  post(
    "linkedin",
    "Hi everyone, quick reminder: your Self Assessment return is due on 31 January, and the penalty is £100 even if you owe nothing. Every year somebody tells me that they thought no tax meant no return. Don't be that person.\n\n#selfassessment #tax #smallbusiness",
    140
  ),
  post(
    "linkedin",
    "A client rang on Friday: the bank account was empty and the VAT bill was due. The business was profitable. Cash flow is not profit. Here's the spreadsheet we built that afternoon, line by line.\n\n#cashflow #smallbusiness #leadership",
    390
  ),
  post(
    "linkedin",
    "Thrilled to welcome Samira Haddad to Ledgerwood! Samira spent eight years at HMRC and now sits on the right side of the table. Say hi in the comments.\n\n#newhire #team #growth",
    510
  ),
  post(
    "linkedin",
    "Five expenses that freelancers forget to claim: mileage, the share of your rent, software, training, and bank fees. You need receipts for all of them. A photo of the receipt is enough.\n\n#expenses #freelancers #taxtips",
    275
  ),
  post(
    "linkedin",
    "Should you pay yourself a salary or dividends? For most directors of a small company it's a bit of both, and the best split changed again in April. We ran the numbers for three salaries. Full post on our blog.\n\n#dividends #directors #limitedcompany",
    198
  ),
  post(
    "linkedin",
    "Great insights from last week's breakfast seminar on VAT. The room's favourite question: must I register if I pass the threshold for one month only? Yes, if twelve rolling months add up. Thanks to Daniel for the coffee.\n\n#vat #smallbusiness #networking",
    87
  ),
  post(
    "instagram",
    "Receipts in a shoebox? We've seen worse 📦 Take a photo the day you pay, and the shoebox can go back to being about shoes.\n\n#receipts #expenses #bookkeeping #ledgerwood",
    64
  ),
  post(
    "instagram",
    "Happy Friday! Freelancers: put 30% of every invoice aside the day it lands. Future you sends regards.\n\n#freelancers #taxtips #motivation #instadaily",
    120
  ),
  post(
    "tiktok",
    "Things you can NOT claim as expenses (yes, somebody tried) #expenses #taxtok #freelancers #fyp",
    4100,
    {
      transcript:
        "Number one, the dog. No, he is not security. Number two, a suit, because you could wear it to a wedding. Number three, parking fines. What you can claim is the stuff you only need for work. Keep the receipts."
    }
  ),
  post("tiktok", "Dividends explained with biscuits 🍪 #dividends #taxtok #limitedcompany", 2600, {
    transcript:
      "Hey, Samira again. The company earns ten biscuits. Tax takes two. What is left can go to you as dividends, but only if there are biscuits left. No profit, no dividends. That's the law."
  }),
  post(
    "youtube",
    "Daniel walks you through the Self Assessment form page by page: income, expenses, payments on account, and the box that everybody ticks by mistake. Chapters are below. Please like and subscribe.",
    730,
    { title: "How to fill in your Self Assessment, page by page" }
  ),
  post(
    "youtube",
    "Cash flow forecast in twenty minutes: what comes in, what goes out, and when. Download the template from the link in the description. Questions? Leave a comment.",
    350,
    { title: "Build a cash flow forecast in 20 minutes" }
  ),
  post(
    "linkedin",
    "Payments on account catch everyone in their second year. You pay this year's tax and half of next year's, in the same January. We call every new client in October so that nobody finds out at Christmas.\n\n#selfassessment #freelancers",
    160
  ),
  page(
    "Ledgerwood | Tax advice for small companies and freelancers",
    "Login Services Pricing Blog Contact\nFixed fees, no hourly bills. Self Assessment from £180, VAT returns from £60 a quarter, payroll from £25 a month. We answer within one working day. Cookie settings. Terms and conditions."
  ),
  post(
    "linkedin",
    "The VAT threshold is now £90,000. If you are close, don't slow down, plan: a flat rate scheme may leave you better off. We've done the maths for a hairdresser and for a web designer.\n\n#vat #smallbusiness",
    133
  )
]

export const taxAdviser: MadeUpBrand = {
  name: "Ledgerwood",
  answers: {
    "tier0.what_we_do": "We do tax returns and advice for freelancers and small companies.",
    "tier0.who_for": "Freelancers and directors of small companies.",
    "tier0.primary_goal": "Calls before October.",
    "tier0.cta_posture": "Explain first."
  },
  bundle,
  topics: [
    "bookkeeping",
    "cash flow",
    "cash flow forecast",
    "dividends",
    "directors",
    "expenses",
    "freelancers",
    "limited company",
    "payments on account",
    "receipts",
    "salary",
    "self assessment",
    "threshold",
    "vat",
    "vat threshold"
  ],
  names: ["samira", "haddad", "daniel", "ledgerwood"]
}
