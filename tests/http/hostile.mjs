/* Hostile FastCGI records on the page socket while pages are served: each may cost its own
   connection, never a worker, and nobody's time. */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { home, people, pidsOf, slow, sleep } from "./world.mjs";

const here = dirname(fileURLToPath(import.meta.url));

export default async function (tally) {
	const p = people.pupil.browser;
	const child = spawn(process.execPath, [join(here, "abuse.mjs"), join(home, "run/web-page.sock")]);
	const seen = { 200: 0 }, workers = String(pidsOf("page"));
	let output = "", done = false, longest = 0;
	child.stdout.on("data", (d) => (output += d));
	child.stderr.on("data", (d) => (output += d));
	const ended = new Promise((ok) => child.on("close", (code) => ((done = true), ok(code))));
	while (!done) {
		const a = await p.get("/tasks");
		seen[a.status] = (seen[a.status] ?? 0) + 1;
		longest = Math.max(longest, a.ms);
		await sleep(20);
	}
	await ended;
	const [, passed, failed] = output.match(/(\d+) passed, (\d+) failed\s*$/) ?? [0, 0, 1];
	tally.pass(Number(passed));
	for (let i = 0; i < Number(failed); i++) tally.fail("abuse.mjs", output.slice(0, 2000));
	tally.check(seen[200] > 5, `only ${seen[200]} pages were served meanwhile`);
	tally.check(Object.keys(seen).length === 1, `pages meanwhile: ${JSON.stringify(seen)}`);
	tally.check(longest < 2000 * slow, `a page took ${Math.round(longest)} ms meanwhile`);
	tally.check(String(pidsOf("page")) === workers, `workers ${workers} became ${pidsOf("page")}`);
	tally.note(`hostile: ${seen[200]} pages served meanwhile, the slowest in ${Math.round(longest)} ms`);
}
