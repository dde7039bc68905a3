/* Hostile FastCGI records on the socket of every pool, sent with the account of nginx: each
   costs its own connection at most. No worker dies, the next request is answered at once,
   and connections that say nothing delay nobody. What
   tests/http/abuse.mjs proves of the page socket is not repeated here. */
import { realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pools } from "../http/fcgi.mjs";
import { pagesWhile } from "../http/meanwhile.mjs";
import { home, pidsOf, slow, sleep, workersAnew } from "../http/world.mjs";

const child = fileURLToPath(new URL("fcgi-child.mjs", import.meta.url));

/* Which workers there are, and which of them have died. */
function watch() {
	const full = Object.fromEntries(pools.map((p) => [p, pidsOf(p).length])), anew = [], seen = new Set();
	let done = false;
	for (const p of pools) for (const pid of pidsOf(p)) seen.add(pid);
	const ended = (async () => {
		while (!done) {
			for (const p of pools)
				for (const pid of pidsOf(p)) if (!seen.has(pid)) seen.add(pid), anew.push(p);
			await sleep(30);
		}
	})();
	return { full, stop: async () => {
		await sleep(1500);
		done = true;
		await ended;
		return anew;
	} };
}

export default async function (tally) {
	await workersAnew(pools);
	const w = watch();
	for (const pool of pools) tally.check(w.full[pool] > 0, `there is no worker of ${pool}`);
	const { seen, longest, output } = await pagesWhile(tally, child, realpathSync(join(home, "run")), ...pools.map((x) => w.full[x]));
	tally.check(Object.keys(seen).join() === "200" && seen[200] > 20, `pages of others meanwhile: ${JSON.stringify(seen)}`);
	tally.check(longest < 1500 * slow, `a page of others took ${Math.round(longest)} ms meanwhile`);
	const anew = await w.stop();
	tally.check(anew.length === 0, `${anew.length} workers died: ${[...new Set(anew)].join(" ")}`);
	for (const p of pools) tally.check(pidsOf(p).length === w.full[p], `${p}: ${pidsOf(p).length} of ${w.full[p]} workers are left`);
	tally.note(`fcgi: ${output.match(/^\d+ connections, .*/m)?.[0]}; ${seen[200]} pages of others, the slowest ${Math.round(longest)} ms; ${anew.length} workers died`);
}
