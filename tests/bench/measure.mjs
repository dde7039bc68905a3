/* What a run has cost: CPU time and memory of process trees, and what else the machine did
   meanwhile. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
export const median = (list) => {
	const s = list.filter((x) => x !== null && Number.isFinite(x)).sort((a, b) => a - b), n = s.length;
	return n === 0 ? null : n % 2 ? s[(n - 1) / 2] : (s[n / 2 - 1] + s[n / 2]) / 2;
};

const tick = Number(execFileSync("getconf", ["CLK_TCK"]));

/* pid -> { parent, ms }: what it used itself, and its children that have ended. */
function table() {
	const all = new Map();
	for (const pid of readdirSync("/proc")) {
		if (!/^\d+$/.test(pid)) continue;
		try {
			const rest = readFileSync(`/proc/${pid}/stat`, "latin1").replace(/^.*\) /s, "").split(" ");
			const used = rest.slice(11, 15).reduce((n, x) => n + Number(x), 0);
			all.set(Number(pid), { parent: Number(rest[1]), ms: (used * 1000) / tick });
		} catch { /* gone meanwhile */ }
	}
	return all;
}

const within = (all, pid, root) => {
	for (let p = pid; p > 1; p = all.get(p)?.parent ?? 0) if (p === root) return true;
	return false;
};

export const tree = (root) => {
	const all = table();
	return [...all.keys()].filter((pid) => within(all, pid, root));
};

/* Milliseconds of CPU so far of each tree; counted in ticks of 10 ms, whatever ended included. */
export function cpu(roots) {
	const all = table(), sum = Object.fromEntries(Object.keys(roots).map((k) => [k, 0]));
	for (const [pid, one] of all)
		for (const [name, root] of Object.entries(roots)) if (within(all, pid, root)) sum[name] += one.ms;
	return sum;
}

/* Until what a run has left behind is done: a cut run leaves requests in the queues. */
export async function drain(roots) {
	const total = () => Object.values(cpu(roots)).reduce((a, b) => a + b, 0);
	for (let i = 0, was = total(), calm = 0; i < 60 && calm < 2; i++) {
		await sleep(60);
		const now = total();
		calm = now - was < 15 ? calm + 1 : 0;
		was = now;
	}
}

/* Shared pages counted once, in MiB; null when these processes may not be looked into. */
export function pss(pids) {
	let kb = 0;
	for (const pid of pids) {
		try {
			kb += Number(readFileSync(`/proc/${pid}/smaps_rollup`, "latin1").match(/^Pss:\s+(\d+)/m)[1]);
		} catch (e) {
			if (e.code !== "ENOENT" && e.code !== "ESRCH") return null;
		}
	}
	return kb / 1024;
}

const stat = () => readFileSync("/proc/stat", "latin1").split("\n")[0].trim().split(/\s+/).slice(1, 9).map(Number);
/* `foreign`: what of the machine was used by others than these trees, 0 to 1. */
export function machine(ours) {
	const from = stat(), used = () => Object.values(cpu(ours)).reduce((a, b) => a + b, 0), before = used();
	return () => {
		const d = stat().map((x, i) => x - from[i]), all = d.reduce((a, b) => a + b, 0) || 1, busy = all - d[3] - d[4] - d[7];
		return { load: Number(readFileSync("/proc/loadavg", "latin1").split(" ")[0]), steal: d[7] / all,
			foreign: Math.max(0, (busy * 1000) / tick - (used() - before)) / ((all * 1000) / tick) };
	};
}
