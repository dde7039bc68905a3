/* Hostile FastCGI records on the socket of every pool, sent with the account of nginx: each
   may cost its own connection; pages of others go on, and a worker that died is back. What
   tests/http/abuse.mjs proves of the page socket is not repeated here. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { home, people, pidsOf, slow, sleep } from "../http/world.mjs";

const child = fileURLToPath(new URL("fcgi-child.mjs", import.meta.url));
const pools = ["page", "slow", "must", "sign"];

/* How many workers there are, and how long one was missing at most. */
function watch() {
	const full = Object.fromEntries(pools.map((p) => [p, pidsOf(p).length])), died = new Set(), seen = new Set();
	let missing = {}, longest = 0, done = false;
	for (const p of pools) for (const pid of pidsOf(p)) seen.add(pid);
	const ended = (async () => {
		while (!done) {
			for (const p of pools) {
				const now = pidsOf(p);
				for (const pid of now) if (!seen.has(pid)) seen.add(pid), died.add(pid);
				if (now.length >= full[p]) delete missing[p];
				else longest = Math.max(longest, performance.now() - (missing[p] ??= performance.now()));
			}
			await sleep(30);
		}
	})();
	return { full, stop: async () => {
		await sleep(1500);
		const still = pools.filter((p) => pidsOf(p).length < full[p]);
		done = true;
		await ended;
		return { died: died.size, longest, still };
	} };
}

export default async function (tally) {
	const w = watch(), p = people.pupil.browser, seen = {};
	for (const pool of pools) tally.check(w.full[pool] > 0, `there is no worker of ${pool}`);
	const q = spawn(process.execPath, [child, join(home, "run")]);
	let output = "", over = false, longest = 0;
	q.stdout.on("data", (d) => (output += d));
	q.stderr.on("data", (d) => (output += d));
	const ended = new Promise((ok) => q.on("close", (code) => ((over = true), ok(code))));
	while (!over) {
		const a = await p.get("/tasks");
		seen[a.status] = (seen[a.status] ?? 0) + 1;
		longest = Math.max(longest, a.ms);
		await sleep(20);
	}
	await ended;
	const [, passed, failed] = output.match(/(\d+) passed, (\d+) failed\s*$/) ?? [0, 0, 1];
	tally.pass(Number(passed));
	for (let i = 0; i < Number(failed); i++) tally.fail("fcgi-child.mjs", output.slice(0, 2000));
	tally.check(Object.keys(seen).join() === "200" && seen[200] > 20, `pages of others meanwhile: ${JSON.stringify(seen)}`);
	const after = await w.stop();
	tally.check(after.still.length === 0, `workers are missing: ${after.still.join(" ")}`);
	tally.check(after.longest < 1000 * slow, `a worker was away for ${Math.round(after.longest)} ms`);
	tally.note(`fcgi: ${output.match(/\d+ connections/)?.[0]}, ${seen[200]} pages of others, the slowest ${Math.round(longest)} ms; ` +
		`${after.died} workers died, the longest away ${Math.round(after.longest)} ms`);
}
