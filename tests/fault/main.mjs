/* Faults in one running school, part after part: node main.mjs PART ... The last line is
   "N passed, N failed". */
import * as world from "../http/world.mjs";
import { seed, tally } from "./lib.mjs";

await world.openModules();
for (const name of process.argv.slice(2)) {
	const from = performance.now();
	try {
		await (await import(`./${name}.mjs`)).default();
	} catch (e) {
		tally.check(false, `${name} (SEED=${seed}) broke`, e.stack);
	}
	tally.note(`${name}: ${((performance.now() - from) / 1000).toFixed(0)} s`);
}
await world.calm();
await world.close();
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exit(tally.failed > 0 ? 1 : 0);
