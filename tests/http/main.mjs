/* All parts, one after the other: node main.mjs [PART ...]. The last line is
   "N passed, N failed". */
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runScript } from "./krt.mjs";
import { Tally } from "./tally.mjs";
import * as world from "./world.mjs";

const here = dirname(fileURLToPath(import.meta.url));

const tally = new Tally();
const wanted = process.argv.slice(2);
const all = wanted.length === 0;

/* The scripts of this folder, and what plugins prove about themselves. */
const plugins = join(here, "../../plugins");
const folders = [here, ...readdirSync(plugins).map((p) => join(plugins, p, "tests")).filter(existsSync)];
const places = new Map(folders.flatMap((dir) => readdirSync(dir)
	.filter((n) => n.endsWith(".krt")).map((n) => [n, join(dir, n)])));
const scripts = [...places.keys()].sort();
/* What stops services comes after the rest, what waits runs beside it, what reads the logs
   comes last. */
const late = ["faults.krt", "slow.krt", "privacy.krt"];
const script = (name) => ((all && scripts.includes(name)) || wanted.includes(name)
	? runScript(places.get(name), tally) : undefined);

const parts = ["keys", "matrix", "budget", "forget", "hostile", "logs"];
for (const name of wanted)
	if (!scripts.includes(name) && !parts.includes(name)) tally.fail(`no such part: ${name}`);

async function part(name, run) {
	if (!all && !wanted.includes(name)) return;
	const began = performance.now(), before = tally.passed + tally.failed;
	try {
		await run(tally);
	} catch (e) {
		tally.fail(`${name}: ${e.stack}`);
	}
	tally.note(`${name} ${Math.round(performance.now() - began)} ms, ${tally.passed + tally.failed - before} checks`);
}

try {
	await world.meet();
	await world.openModules();
	const beside = script("slow.krt");
	for (const name of scripts) if (!late.includes(name)) await script(name);
	for (const name of parts.filter((n) => n !== "logs"))
		await part(name, async (t) => (await import(`./${name}.mjs`)).default(t));
	await beside;
	await script("faults.krt");
	await script("privacy.krt");
	if (all) {
		const lost = await world.value(`SELECT COUNT(*) FROM core_notice n LEFT JOIN core_unread u USING (person_id)
			WHERE n.read_at IS NULL AND u.person_id IS NULL AND n.batch <> 0`);
		tally.check(lost === "0", `${lost} unread notices that nobody would look for`);
	}
	await part("logs", async (t) => (await import("./logs.mjs")).default(t));
} catch (e) {
	tally.fail(`the run broke: ${e.stack}`);
}
await world.calm();
await world.close();
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exit(tally.failed > 0 ? 1 : 0);
