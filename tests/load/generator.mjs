/* The generator itself, against a server whose answers and delays are known. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, load, refused } from "./lib.mjs";

const dir = mkdtempSync(join(tmpdir(), "kr-load."));
const stub = spawn(process.execPath, [new URL("stub.mjs", import.meta.url).pathname], { stdio: ["pipe", "pipe", "inherit"] });
const port = Number(await new Promise((done) => stub.stdout.once("data", done)));
const spec = (name, text) => {
	writeFileSync(join(dir, name), text);
	return join(dir, name);
};
const path = (p) => spec(p, `class one\n get /${p}\n least 8\n marker right answer\n`);
const one = async (p, ...args) => {
	const r = await load(port, path(p), ...args);
	return { ...r.classes.one, all: r };
};

/* A machine that stands still for a moment delays whoever is on it; a generator that
   measures wrongly does so three times. */
async function measures(what, good, ...args) {
	let r;
	for (let i = 0; i < 3 && !(r && good(r)); i++) r = await one(...args);
	check(what, good(r), JSON.stringify(r));
}

async function times() {
	await measures("a delay of 100 ms is seen", (r) => r.ok === 100 && r.ok_ms.p50 >= 99 && r.ok_ms.p50 < 400, "late", "--rate", 100, "--seconds", 1);
	/* 3 s, of which 1 s nobody is served: a third of the requests was to leave then and
	   waits, on average for half of it. A closed loop has one late request per connection. */
	const open = await one("stall", "--rate", 200, "--seconds", 3);
	check("all are answered after the pause", open.ok === 600, JSON.stringify(open));
	check("who was to leave in the pause has waited: p99", open.ok_ms.p99 > 700, JSON.stringify(open.ok_ms));
	check("who was to leave in the pause has waited: p95", open.ok_ms.p95 > 500, JSON.stringify(open.ok_ms));
	await measures("as many as asked for", (r) => r.sent === 300 && r.ok === 300 && r.all.took < 3, "now", "--rate", 300, "--seconds", 1);
	const few = await one("late", "--rate", 100, "--seconds", 1, "--connections", 2);
	check("waiting for a connection counts", few.ok === 100 && few.ok_ms.max > 2000, JSON.stringify(few.ok_ms));
	await measures("a closed loop waits for its answers", (r) => r.ok >= 25 && r.ok <= 55, "late", "--closed", "--rate", 5, "--seconds", 1);
	const capped = await one("now", "--rate", 1000, "--seconds", 5, "--requests", 50);
	check("no more than allowed", capped.sent === 50, String(capped.sent));
}

async function verdicts() {
	const n = ["--rate", 50, "--seconds", 0.2];
	for (const [p, what] of Object.entries({ shed: "shed", bare: "wrong", other: "wrong", short: "wrong", moved: "wrong",
		chunks: "ok", close: "ok", broken: "lost", never: "lost" })) {
		const r = await one(p, ...n, "--timeout", p === "never" ? 0.5 : 5);
		check(`${p}: ${what}`, r.sent === 10 && r[what] === 10, JSON.stringify(r));
	}
}

async function classes() {
	writeFileSync(join(dir, "body"), "a={1}&b={2}");
	writeFileSync(join(dir, "pool"), "x\t1\ny\t2\nz\t3\n");
	const file = spec("two", `# shares, pools and templates
class often
 share 9
 pool pool
 header Cookie: {1}
 post /echo/{2}
 body body
class seldom
 share 1
 pool pool once
 get /now
`);
	const a = await load(port, file, "--rate", 500, "--seconds", 1, "--poisson", "--seed", 7);
	const b = await load(port, file, "--rate", 500, "--seconds", 1, "--poisson", "--seed", 7);
	check("filled in as the pool says", a.classes.often.ok === a.classes.often.sent, a.wrong.join());
	check("by their shares", a.classes.often.sent > 380 && a.classes.often.sent < 520, String(a.classes.often.sent));
	check("once is once", a.classes.seldom.sent === 3 && a.spent.seldom > 20, JSON.stringify(a.spent));
	check("one seed, the same arrivals", a.classes.often.sent === b.classes.often.sent && a.spent.seldom === b.spent.seldom);
	const steps = await load(port, file, "--steps", "100:0.5,400:0.5");
	check("steps are counted apart", steps.steps[0].classes.all.sent < 60 && steps.steps[1].classes.often.sent > 120,
		JSON.stringify(steps.steps.map((s) => s.classes.all.sent)));
}

async function refusals() {
	const file = path("now");
	for (const target of ["10.0.0.1:80", "0.0.0.0:80", "localhost:80", "[2001:db8::1]:80", "127.0.0.1"])
		check(`not asked: ${target}`, /loopback|ADDRESS:PORT/.test((await refused("--rate", "1", target, file))?.stderr ?? ""));
	for (const args of [["--rate", "1e9"], ["--seconds", "100000"], ["--rate", "nan"], ["--connections", "1000000"], ["--steps", "5"]])
		check(`not done: ${args.join(" ")}`, (await refused(...args, `127.0.0.1:${port}`, file))?.code === 2);
	for (const text of ["get /\n", "class a\n", "class a\n fly /\n", "class a\n get /\n pool none\n"])
		check(`not a file of classes: ${JSON.stringify(text)}`, (await refused(`127.0.0.1:${port}`, spec("bad", text)))?.code === 2);
}

export async function generator() {
	try {
		await times();
		await verdicts();
		await classes();
		await refusals();
	} finally {
		stub.kill();
		rmSync(dir, { recursive: true });
	}
}
