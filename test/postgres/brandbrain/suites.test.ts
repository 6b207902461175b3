/*
 * The tests of the reference app that use a database, on PostgreSQL: `ownApp` and `ownQueue` give them one of their own
 * there. Each import declares its tests here.
 */
import "../../brandbrain/brands/Brands.test.ts"
import "../../brandbrain/brands/sampleBrand.test.ts"
import "../../brandbrain/brands/Sources.test.ts"
import "../../brandbrain/compile/compileBrand.test.ts"
import "../../brandbrain/compile/requestCompile.test.ts"
import "../../brandbrain/evidence/Evidence.test.ts"
import "../../brandbrain/gather/ingestSource.test.ts"
import "../../brandbrain/gather/paidRuns.test.ts"
import "../../brandbrain/snapshots/Snapshots.test.ts"
import "../../brandbrain/storage/oddTexts.test.ts"
