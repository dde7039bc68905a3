/* Thousands of connections that say little (slowhttptest: heads, bodies, slow reading):
   others are served as before, and no worker is held. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { people, port, sleep, slow } from "../http/world.mjs";
import { from, whole, median, quantile } from "./lib.mjs";

const seconds = whole ? 60 : 12, connections = whole ? 4000 : 1500;

/* Workers that are at work, as they say themselves; the one that says it is one of them. */
let token;
async function busy() {
	const b = from(30), a = await b.get("/health/metrics", { headers: { authorization: `Bearer ${token}` } });
	if (a.status !== 200) throw new Error(`metrics: ${a.status}`);
	return [...a.body.matchAll(/^kreide_pool_busy\{[^}]*\} (\d+)/gm)].reduce((n, [, x]) => n + Number(x), -1);
}

function attack(args) {
	const p = spawn("slowhttptest", ["-c", String(connections), "-r", String(whole ? 500 : 700), "-l", String(seconds), "-u", `http://localhost:${port}/login`, "-v", "1", ...args], { stdio: ["ignore", "pipe", "pipe"] });
	let out = "";
	p.stdout.on("data", (d) => (out += d));
	p.stderr.on("data", (d) => (out += d));
	return { kill: () => p.kill("SIGKILL"), ended: new Promise((ok) => p.on("close", () => ok(out))) };
}

/* Somebody else, from another address, one page after the other, for so long. */
async function normal(jar, ms) {
	const list = [], seen = {}, began = performance.now();
	let most = 0, held = 0, longest = 0, opened = 0, n = 0;
	while (performance.now() - began < ms) {
		const b = from(20 + (n % 7));
		b.jar = new Map(jar);
		const a = await b.get("/tasks").catch((e) => ({ status: e.code ?? "broken", ms: 60000 }));
		list.push(a.ms);
		seen[a.status] = (seen[a.status] ?? 0) + 1;
		/* Only what is seen busy again and again is held. */
		if (n % 8 === 0) {
			const now = await busy();
			most = Math.max(most, now);
			held = now > 0 ? held + 1 : 0;
			longest = Math.max(longest, held);
			opened = Math.max(opened, open());
		}
		n++;
		await sleep(25);
	}
	return { p99: quantile(list, 0.99), p50: median(list), seen, most, held: longest, opened };
}

/* Connections that the front nginx has open. */
const open = () => readFileSync("/proc/net/tcp", "utf8").split("\n").filter((l) =>
	new RegExp(`^ *\\d+: 0100007F:${port.toString(16).toUpperCase().padStart(4, "0")} [0-9A-F:]+ 01 `).test(l)).length;

const ways = {
	"heads": ["-H", "-i", "5", "-x", "24", "-t", "GET"],
	"bodies": ["-B", "-i", "5", "-s", "8192", "-x", "10", "-t", "POST"],
	"reading": ["-X", "-n", "5", "-z", "32", "-w", "512", "-y", "1024", "-k", "3"],
};

export default async function (tally) {
	const jar = new Map(people.pupil.browser.jar);
	await sleep(500);
	const page = await people.admin.browser.post("/profile/token", { label: "Messung" }, { on: "/profile" });
	token = page.body.match(/translate="no">([\w-]+)</)[1];
	for (const [what, args] of Object.entries(ways)) {
		const before = await normal(jar, 3000), a = attack(args);
		await sleep(2500);
		const during = await normal(jar, (seconds - 4) * 1000);
		const { opened } = during, out = await a.ended;
		/* Who said nothing is sent away: none is left after the longest of our times. */
		let gone = 0;
		for (; gone < 20 && open() > 40; gone++) await sleep(1000);
		const after = await normal(jar, 1000);
		/* On a machine that others use too the time before is the measure. */
		const limit = Math.max(500, before.p50 * 20) * slow;
		tally.check(Object.keys(during.seen).join() === "200", `${what}: others got ${JSON.stringify(during.seen)}`, out.slice(-400));
		tally.check(during.p99 < limit, `${what}: others' p99 ${Math.round(during.p99)} ms, before ${Math.round(before.p99)} ms`);
		tally.check(opened > connections / 10, `${what}: only ${opened} connections were open: nothing was tried`, out.slice(-400));
		tally.check(during.held < 4, `${what}: workers were held for ${during.held} looks`);
		tally.check(gone < 20, `${what}: ${open()} connections are left after 20 s`);
		tally.check(Object.keys(after.seen).join() === "200", `${what}: afterwards ${JSON.stringify(after.seen)}`);
		tally.note(`slow: ${what}: ${opened} open of ${connections}; others p50 ${during.p50.toFixed(0)} p99 ${during.p99.toFixed(0)} ms ` +
			`(before ${before.p50.toFixed(0)} and ${before.p99.toFixed(0)}), busy workers at most ${during.most}, gone after ${gone} s`);
	}
}
