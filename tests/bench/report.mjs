/* Medians, the table, the verdict on each goal, build/bench.json, .md and .svg. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "../http/world.mjs";
import { median } from "./measure.mjs";

const round = (x, digits) => (x === null || !Number.isFinite(x) ? null : Number(x.toFixed(digits)));
const show = (x, digits = 2) => (x === null || x === undefined || Number.isNaN(x) ? "–" : x.toFixed(digits));

/* Ratios are taken within a round, then the median of those: what the machine did to one round
   it did to both. */
const ratio = (rounds, a, b, key) => median(rounds.get(a).map((x, i) => x[key] / rounds.get(b)[i][key]));

function rows({ list, rounds }) {
	return list.map((c) => {
		const all = rounds.get(c.name), m = (key) => median(all.map((r) => r[key]));
		return { name: c.name, what: c.what, rps: round(m("rps"), 1), p50_ms: round(m("p50"), 3), p99_ms: round(m("p99"), 3),
			cpu_ms: round(m("cpu"), 4), sql: c.sql, ratio: c.of ? round(ratio(rounds, c.name, c.of, "cpu"), 2) : 1, of: c.of ?? c.name,
			bytes: c.bytes, errors: all.reduce((n, r) => n + r.errors, 0),
			parts: Object.fromEntries(Object.keys(all[0].parts).map((k) => [k, median(all.map((r) => r.parts[k]))])) };
	});
}

function table(list) {
	const cells = list.map((r) => [r.name, r.what, show(r.rps, 0), show(r.p50_ms), show(r.p99_ms, 1), show(r.cpu_ms, 3),
		["nginx", "core", "db"].map((k) => (k in r.parts ? show(r.parts[k], 3) : "–")).join(" + "), String(r.sql), String(r.bytes),
		r.of === r.name ? "" : `${show(r.ratio)} x ${r.of}`, r.errors ? `${r.errors} errors` : ""]);
	const head = ["case", "", "req/s", "p50 ms", "p99 ms", "CPU ms", "nginx + core + db", "SQL", "bytes", "CPU", ""];
	const width = head.map((h, i) => Math.max(h.length, ...cells.map((c) => c[i].length)));
	return [head, ...cells].map((c) => c.map((x, i) => (i >= 2 && i <= 8 && i !== 6 ? x.padStart(width[i]) : x.padEnd(width[i]))).join("  ").trimEnd()).join("\n");
}

/* ── goals ── */

function goals(list, run) {
	const { rounds, more } = run;
	const by = Object.fromEntries(list.map((r) => [r.name, r])), out = [];
	const goal = (id, text, good, within = true) => out.push({ id, text, good: within ? good : false, counted: !within });
	/* Neighbours take turns by process, not by work: then req/s say who was let in, and CPU time
	   what it would cost alone. Where the two disagree the run has not decided. */
	const p1 = ratio(rounds, "frame", "Q1", "rps"), e = ratio(rounds, "frame", "E", "rps"), alone = 1 / ratio(rounds, "frame", "Q1", "cpu");
	goal("P1", `frame: ${show(100 * p1, 0)} % of Q1's req/s on libfcgi, ${show(100 * alone, 0)} % by CPU time (must 70); ${show(100 * e, 0)} % of E's (must 25, aim 50)`,
		p1 >= 0.7 && alone >= 0.7 && e >= 0.25 ? true : p1 >= 0.7 || alone >= 0.7 ? null : false);
	const rps = ratio(rounds, "start", "Q20", "rps"), c = ratio(rounds, "start", "Q20", "cpu");
	goal("P2", `start page: ${by.start.sql} SQL (must 15), ${show(100 * rps, 0)} % of Q20's req/s (must 40, aim 80), ${show(c)} x its CPU (must 2.5)`,
		rps >= 0.4 && c <= 2.5, by.start.sql <= 15);
	for (const name of ["tasks", "task"]) {
		const x = ratio(rounds, name, "E", "cpu");
		goal("P3", `${name}: ${by[name].sql} SQL (must 12), CPU ${show(x, 1)} E (must 40, aim 20)`, x <= 40, by[name].sql <= 12);
	}
	const sign = rounds.get("sign-in"), beside = median(sign.map((r) => r.parts.nginx + r.parts.db));
	const core = median(sign.map((r, i) => r.parts.core - rounds.get("hash")[i].cpu));
	const noise = Math.max(...rounds.get("hash").map((r) => r.p99)) - Math.min(...rounds.get("hash").map((r) => r.least));
	const overhead = beside + Math.max(core, 0);
	goal("P10", `sign-in besides its hash: nginx and database ${show(beside)} ms, core ${show(core)} ms (a single hash here varies by ${show(noise, 1)} ms): must 1, aim 0.5`,
		overhead <= 1 ? true : noise > 1 ? null : false);
	const m = more.memory, growth = (100 * (m.to - m.from)) / m.from, each = ((m.people + m.db) * 1000) / m.sessions;
	if (m.first === null) goal("P12", "memory: only root may look into these processes", null);
	else goal("P12", `core ${show(m.many, 1)} MiB in ${m.processes} processes while ${run.SIZE.open * 8} connections ask (must 40), a worker ${show(m.worker, 1)} (must 8); `
		+ `${show((m.people * 1000) / m.sessions)} MiB per 1,000 signed in, and ${show((m.db * 1000) / m.sessions)} of rows (must 2 together); `
		+ `${show(growth, 1)} % more (must 1) in the second half of ${m.asked} requests; a worker is renewed after 10,000`,
		m.many <= 40 && m.worker <= 8 && each <= 2 && growth <= 1);
	goal("P13", `cold start to the first signed-in page: ${show(more.cold.ms, 0)} ms (${show(more.cold.least, 0)} to ${show(more.cold.most, 0)}, n = ${more.cold.n}): must 150, aim 50`,
		more.cold.ms <= 150);
	const hook = (by.hooks.cpu_ms - by["F own"].cpu_ms) / 100 / by.E.cpu_ms, later = more.later.ms / by.E.cpu_ms;
	goal("P20", `a hook in the process: ${show(hook, 3)} E (must 0.2)`, hook <= 0.2);
	goal("P20", `a hook after the deed, in another process, run exactly once: ${show(later, 1)} E with its commits (must 5)`, later <= 5);
	const w = more.waiting;
	goal("P21", `${w.n} waiting connections: ${w.kb === null ? "memory is for root to see" : `${show(w.kb, 1)} kB each (must 8)`}, ${show(100 * w.rate, 0)} % of the pages a second without them (must 95)`,
		w.kb === null ? null : w.kb <= 8 && w.rate >= 0.95);
	return out;
}

/* The tables of the README. */
function markdown(list, verdicts, run) {
	const cell = (x) => String(x).replaceAll("|", "\\|"), line = (...c) => `| ${c.map(cell).join(" | ")} |`;
	const cases = list.map((r) => line(r.name, r.what, show(r.rps, 0), show(r.p50_ms), show(r.p99_ms, 1), show(r.cpu_ms, 3), r.sql,
		r.of === r.name ? "" : `${show(r.ratio)} × ${r.of}`));
	return `${line("case", "what", "req/s", "p50 ms", "p99 ms", "CPU ms", "SQL", "CPU against")}
|---|---|---:|---:|---:|---:|---:|---|
${cases.join("\n")}

${run.SIZE.rounds} rounds of ${run.SIZE.seconds} s, interleaved, ${run.SIZE.open} connections; load ${run.machine.load}, ${show(100 * run.machine.foreign, 0)} % of the machine used by others.
Only ratios can be compared with another run.

${line("goal", "verdict", "measured")}
|---|---|---|
${verdicts.map((g) => line(g.id, g.word, g.text)).join("\n")}
`;
}

/* ── plot ── */

const COLOURS = { nginx: "#7a9e7e", core: "#2f5d8a", db: "#c98a3b" };
function svg(list, machine) {
	const rows = list.filter((r) => r.name !== "hash" && r.name !== "sign-in"), most = Math.max(...rows.map((r) => r.cpu_ms)), bar = 22;
	const y = (i) => 64 + i * bar, x = (ms) => (ms / most) * 470, height = y(rows.length) + 20;
	const text = (at, row, s, more = "") => `<text x="${at}" y="${row}" ${more}>${s.replace(/&/g, "&amp;").replace(/</g, "&lt;")}</text>`;
	const parts = rows.flatMap((r, i) => {
		let from = 260;
		const bars = Object.entries(COLOURS).map(([k, colour]) => {
			const width = x(r.parts[k] ?? 0), one = `<rect x="${from.toFixed(1)}" y="${y(i)}" width="${width.toFixed(1)}" height="15" fill="${colour}"/>`;
			from += width;
			return one;
		});
		return [text(250, y(i) + 12, `${r.name}: ${r.what}`, 'text-anchor="end"'), ...bars, text((from + 6).toFixed(1), y(i) + 12, show(r.cpu_ms, 3))];
	});
	const key = Object.entries(COLOURS).flatMap(([k, colour], i) => [`<rect x="${260 + i * 90}" y="36" width="12" height="12" fill="${colour}"/>`, text(278 + i * 90, 47, k)]);
	return `<svg xmlns="http://www.w3.org/2000/svg" width="800" height="${height}" font-family="sans-serif" font-size="12">
<rect width="800" height="${height}" fill="#fff"/>
${text(10, 22, `CPU time of one request in ms; load ${machine.load}, steal ${show(100 * machine.steal, 1)} %`, 'font-size="14"')}
${[...key, ...parts].join("\n")}\n</svg>\n`;
}

/* ── out ── */

const FIELDS = ["name", "rps", "p50_ms", "p99_ms", "cpu_ms", "sql", "ratio", "of"];
const NAMES = ["static", "E", "F", "Q1", "Q5", "Q20", "LIST500", "F own", "Q1 own", "Q5 own", "Q20 own", "LIST500 own", "hooks", "frame", "start", "tasks",
	"task", "hand-in", "sign-in", "hash"];

/* The suite: the machinery gives what it should, whatever the times are. */
function judge(list, json, picture, run) {
	let passed = 0, failed = 0;
	const ok = (what, good) => {
		if (good) passed++;
		else failed++;
		if (!good) console.log(`failed: ${what}`);
	};
	const back = JSON.parse(json);
	ok(`the names ${NAMES.join(", ")}`, JSON.stringify(back.map((r) => r.name)) === JSON.stringify(NAMES));
	for (const r of back) {
		ok(`${r.name}: fields ${FIELDS.join(", ")}`, JSON.stringify(Object.keys(r)) === JSON.stringify(FIELDS));
		ok(`${r.name}: requests were answered`, r.rps > 0 && r.p50_ms > 0 && r.p99_ms >= r.p50_ms);
		ok(`${r.name}: CPU time was counted`, typeof r.cpu_ms === "number" && (r.cpu_ms > 0 || r.name === "static"));
		ok(`${r.name}: is compared with ${r.of}`, NAMES.includes(r.of) && typeof r.ratio === "number");
	}
	for (const r of list) ok(`${r.name}: ${r.errors} errors`, r.errors <= 0.01 * r.rps);
	for (const [name, n] of [["F own", 0], ["Q1 own", 1], ["Q5 own", 5], ["Q20 own", 20], ["LIST500 own", 1], ["frame", 1]])
		ok(`${name}: ${n} statements`, list.find((r) => r.name === name).sql === n);
	ok("a hand-in alone is on the disk when it is answered", run.more.fsyncs.alone.fsyncs >= 1);
	ok("a hook after the deed has run each time", run.more.later.left === 0);
	ok("waiting connections are held", run.more.waiting.n === run.SIZE.waiting);
	ok("one picture with a bar for each case", picture.startsWith("<svg") && (picture.match(/<rect/g) ?? []).length > NAMES.length);
	console.log(`${passed} passed, ${failed} failed`);
	return failed === 0 ? 0 : 1;
}

export function report(run) {
	const list = rows(run), picture = svg(list, run.machine);
	const json = `[\n${list.map((r) => JSON.stringify(Object.fromEntries(FIELDS.map((k) => [k, r[k]])))).join(",\n")}\n]\n`;
	const to = run.check ? join(build, "bench/check.json") : join(build, "bench.json");
	writeFileSync(to, json);
	writeFileSync(to.replace(/json$/, "svg"), picture);
	const f = run.more.fsyncs;
	console.log(`${table(list)}

Rounds: ${run.SIZE.rounds} of ${run.SIZE.seconds} s, ${run.SIZE.open} connections, ${run.workers} workers each; load ${run.machine.load}, steal ${show(100 * run.machine.steal, 1)} %, others used ${show(100 * run.machine.foreign, 0)} % of the machine.
Figures of one run can be compared with each other, not with those of another.
A hand-in costs ${show(f.alone.fsyncs)} fsyncs of the database alone, ${show(f.together.fsyncs)} when ${run.SIZE.open} come at once; ${show(f.alone.bytes / 1024, 1)} kB of log.
`);
	const crowded = run.machine.foreign > 0.25; /* then caches are cold and turns are taken: a miss proves nothing */
	const verdicts = goals(list, run).map((g) => ({ ...g, word: g.good ? "met" : g.good === null || (crowded && !g.counted) ? "open" : "MISS" }));
	writeFileSync(to.replace(/json$/, "md"), markdown(list, verdicts, run));
	if (run.check) return judge(list, json, picture, run);
	if (crowded) console.log("Others were at work on this machine: what is missed by time stays open until a quieter run.\n");
	for (const g of verdicts) console.log(`${g.id.padEnd(4)} ${g.word.padEnd(4)}  ${g.text}`);
	console.log(`\n${["json", "md", "svg"].map((end) => to.replace(/json$/, end)).join(", ")}`);
	return 0;
}
