import type { Mutant } from "../Mutant.ts"

const killedBy = ["test/runtime/unclaimedLanes.test.ts"]
const silent = ["test/runtime/silentHolders.test.ts"]
const holders = "src/runtime/maintenance/silentHolders.ts"
const lanes = "src/runtime/maintenance/unclaimedLanes.ts"
const looks = "src/runtime/maintenance/waitingJobs.ts"
const store = "src/store/statements/lanes.ts"

/** What is told of jobs that wait in silence. */
export const mutants: ReadonlyArray<Mutant> = [
  {
    name: "Nobody looks at what waits",
    file: "src/runtime/maintenance/maintenance.ts",
    find: "orReport(\"look at waiting jobs\", look)",
    replace: "orReport(\"look at waiting jobs\", Effect.void)",
    killedBy
  },
  {
    name: "A lane that was claimed from is taken for unclaimed while its first job has the same id",
    file: lanes,
    find: "a.id === b.id && a.attempts === b.attempts",
    replace: "a.id === b.id",
    killedBy
  },
  {
    name: "A lane that moves on is taken for unclaimed",
    file: lanes,
    find: "seen !== undefined && isSameHead(seen.head, lane.head)",
    replace: "seen !== undefined",
    killedBy
  },
  {
    name: "A lane is told of after one look",
    file: lanes,
    find: " && seenAt - before.since >= unmoved",
    replace: "",
    killedBy
  },
  {
    name: "A lane is told of before it has waited for long",
    file: lanes,
    find: "waited >= longWait && ",
    replace: "",
    killedBy
  },
  {
    name: "An unclaimed lane is told of at each look",
    file: lanes,
    find: "lane, isTold: true",
    replace: "lane, isTold: false",
    killedBy
  },
  {
    name: "Jobs that are not due yet wait for nobody",
    file: lanes,
    find: "        if (availableAt > now) continue\n",
    replace: "",
    killedBy
  },
  {
    name: "A lane waits since its job of the highest priority was due",
    file: lanes,
    find: "Math.min(lane?.dueSince ?? Infinity, availableAt)",
    replace: "lane?.dueSince ?? availableAt",
    killedBy
  },
  {
    name: "The gauge of an unclaimed lane stands when it is claimed from",
    file: lanes,
    find: "      if (isTold) yield* log.laneClaimed(lane)\n",
    replace: "",
    killedBy
  },
  {
    name: "A lane whose jobs run elsewhere is taken for unclaimed",
    file: looks,
    find: "!isTaken(lane) && !isWorkedOn(lane)",
    replace: "!isTaken(lane)",
    killedBy
  },
  {
    name: "A lane that another worker of the process takes is taken for unclaimed",
    file: looks,
    find: "here.some(({ takes }) => takes(lane))",
    replace: "takes(lane)",
    killedBy
  },
  {
    name: "Each worker of a process looks at what waits",
    file: looks,
    find: "      if (first !== watcher) return\n",
    replace: "",
    killedBy
  },
  {
    name: "A worker that has ended is the one to look at what waits",
    file: looks,
    find: "() => Effect.sync(() => watch.watchers.delete(watcher))",
    replace: "() => Effect.void",
    killedBy
  },
  {
    name: "A look at lanes begins again at every page",
    file: store,
    find: "after === undefined\n",
    replace: "after === undefined || limit > 0\n",
    killedBy: ["test/store/lanes.test.ts"]
  },
  {
    name: "A look at lanes steps over the other priorities of one",
    file: store,
    find: "AND j.priority < ${priority}",
    replace: "AND j.priority < ${priority} - 2000",
    killedBy: ["test/store/lanes.test.ts"]
  },
  {
    name: "Leases that are over count as held",
    file: store,
    find: "sql.literal(areOver ? \"<=\" : \">\")} ${now}",
    replace: "sql.literal(areOver ? \"<=\" : \">\")} ${now} - 600000",
    killedBy: ["test/store/lanes.test.ts"]
  },
  {
    name: "A dead worker is told of at each look",
    file: holders,
    find: "      remember(told, name, mostRemembered)\n",
    replace: "",
    killedBy: silent
  },
  {
    name: "A worker that extends its leases is told of as if it were dead",
    file: holders,
    find: "lanes.some(({ lockedAt }) => lockedAt > aliveSince) || ",
    replace: "",
    killedBy: silent
  },
  {
    name: "A worker of this process is told of as if it were dead",
    file: holders,
    find: " || options.isHere(name)",
    replace: "",
    killedBy: silent
  },
  {
    name: "A dead worker is told of whatever it holds",
    file: holders,
    find: "lanes.filter(options.isTaken)",
    replace: "lanes",
    killedBy: silent
  },
  {
    name: "A dead worker is told of while there is work to do",
    file: looks,
    find: "if (!lanes.some(isTaken)) {",
    replace: "{",
    killedBy: silent
  },
  {
    name: "A worker that had just died is told of at the next check",
    file: "src/runtime/maintenance/maintenance.ts",
    find: "    if (Duration.lessThan(early, every)) {\n      yield* lookOnce\n",
    replace: "    if (Duration.lessThan(early, every)) {\n",
    killedBy: silent
  },
  {
    name: "A worker with a limit ends before it has looked at what waits",
    file: "src/runtime/maintenance/maintenance.ts",
    find: "Effect.zipRight(Deferred.await(pruned), Deferred.await(looked))",
    replace: "Deferred.await(pruned)",
    killedBy: silent
  }
]
