/* A plugin (poison/) whose pages crash, loop, leak and recurse: the worker is replaced, after
   the third crash within a minute that route alone is out of order for a minute, everything
   else is served all the time. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Browser } from "../http/client.mjs";
import { demoPassword, home, kreide, pidsOf, port, sleep } from "../http/world.mjs";
import { crowd, tally, until } from "./lib.mjs";

const logs = () => readdirSync(join(home, "log/kreide")).map((n) => readFileSync(join(home, "log/kreide", n), "latin1")).join("");
const said = (re) => logs().match(re)?.length ?? 0;

/* The load beside it: every page is an answer of 200. */
function beside(browser) {
	const seen = {};
	let stop = false, worst = 0;
	const done = (async () => {
		while (!stop) {
			const a = await browser.get("/tasks").catch((e) => ({ status: e.code, ms: 0 }));
			seen[a.status] = (seen[a.status] ?? 0) + 1;
			worst = Math.max(worst, a.ms);
			await sleep(10);
		}
	})();
	return async () => {
		stop = true;
		await done;
		return { seen, worst };
	};
}

const get = async (b, path) => {
	const a = await b.get(path).catch((e) => ({ status: e.code, headers: {}, ms: 0 }));
	return a;
};

/* Three times what kills, then the circuit; the worker is there again each time. */
async function thrice(b, path, first, what) {
	const count = pidsOf("page").length, before = said(/event=route.out_of_order/g);
	for (let i = 1; i <= 3; i++) {
		const a = await get(b, path);
		tally.check(first.includes(a.status), `${what}: ${i}. time ${first}`, a.status);
		tally.check(await until(10, () => pidsOf("page").length === count), `${what}: the worker is replaced`);
	}
	tally.check(await until(5, () => said(/event=route.out_of_order/g) > before), `${what}: the log says that the route is out of order`);
	const a = await get(b, path);
	tally.check(a.status === 503, `${what}: then 503`, a.status);
	tally.check(Number(a.headers["retry-after"]) > 0 && a.ms < 1000, `${what}: at once, and when to come back`, `${a.headers["retry-after"]}, ${a.ms} ms`);
	return performance.now();
}

export default async function () {
	const b = new Browser(port), other = new Browser(port);
	await b.signIn("lehrerin", demoPassword);
	await other.signIn("schueler", demoPassword);
	await kreide("module", "open", "poison", "--roles", "all", "--decision", "Probe");
	tally.check(await until(10, async () => (await get(b, "/poison")).status === 200), "poison: the module is open");
	const end = beside(other);
	const blown = await thrice(b, "/poison/crash", [502, 503], "crash");
	await thrice(b, "/poison/recurse", [502, 503], "recursion");
	tally.check((await get(b, "/poison")).status === 200, "the same plugin's other page is served");
	tally.check((await get(b, "/poison/leak")).status >= 500, "leak: an error");
	const full = said(/event=arena.full/g);
	for (let i = 0; i < 3; i++) await get(b, "/poison/leak");
	tally.check(await until(5, () => said(/event=arena.full/g) === full + 3), "leak: the limit of memory ends the worker each time");
	tally.check((await get(b, "/poison/leak")).status === 502, "leak: and says nothing about the route");
	const from = performance.now(), loop = await get(b, "/poison/loop"), took = performance.now() - from;
	tally.check([502, 504].includes(loop.status), "loop: an error", loop.status);
	tally.check(took > 9000 && took < 15000 * crowd(), "loop: after ten seconds", `${Math.round(took)} ms`);
	tally.check(await until(5, () => said(/event=worker.too_long class=page.*route=\/poison\/loop/g) === 1), "loop: the log says whose");
	const { seen, worst } = await end();
	tally.check(Object.keys(seen).join() === "200" && seen[200] > 100, "everybody else is served meanwhile", JSON.stringify(seen));
	tally.note(`poison: ${seen[200]} other pages meanwhile, the slowest in ${Math.round(worst)} ms`);
	/* The minute of the circuit. */
	await sleep(Math.max(0, blown + 45000 - performance.now()));
	tally.check((await get(b, "/poison/crash")).status === 503, "crash: out of order for a minute");
	tally.check(await until(30, async () => (await get(b, "/poison/crash")).status === 502, 500), "crash: and then tried again");
	tally.check((await get(b, "/poison")).status === 200, "crash: and all is as before");
}
