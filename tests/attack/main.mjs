/* All attacks, one after the other: node main.mjs [PART ...]. The last line is
   "N passed, N failed". */
import { prepare } from "../http/facts.mjs";
import { Tally } from "../http/tally.mjs";
import * as world from "../http/world.mjs";
import { forgetTries, whole, seed } from "./lib.mjs";
import { closeBrowser } from "./browse.mjs";

/* What only looks comes first, what stops or floods something last. */
const parts = ["nginx", "headers", "idswap", "session", "csrf", "xss", "uploads", "tools", "timing", "guess", "fcgi", "slow"];
const tally = new Tally();
const wanted = process.argv.slice(2);
for (const name of wanted) if (!parts.includes(name)) tally.fail(`there is no part ${name}`);

async function part(name) {
	const began = performance.now(), before = tally.passed + tally.failed;
	try {
		await forgetTries();
		await (await import(`./${name}.mjs`)).default(tally);
	} catch (e) {
		tally.fail(`${name}: ${e.stack}`);
	}
	const checks = tally.passed + tally.failed - before;
	if (checks === 0) tally.fail(`${name} has proven nothing`);
	tally.note(`${name} ${(Math.round(performance.now() - began) / 1000).toFixed(1)} s, ${checks} checks`);
}

tally.note(`${whole ? "whole" : "short"} numbers, seed ${seed}`);
try {
	await world.meet();
	await world.openModules();
	await world.kreide("module", "open", "skeleton", "--roles", "pupil,teacher,admin", "--decision", "Angriff");
	await prepare();
	for (const name of parts) if (wanted.length === 0 || wanted.includes(name)) await part(name);
	await (await import("../http/logs.mjs")).default(tally);
} catch (e) {
	tally.fail(`the run broke: ${e.stack}`);
}
await world.calm();
await closeBrowser();
await world.close();
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exit(tally.failed > 0 ? 1 : 0);
