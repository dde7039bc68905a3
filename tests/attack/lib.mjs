/* What the attacks share: numbers, people of their own, networks of their own. */
import { Browser } from "../http/client.mjs";
import { activate, kreide, port, sleep, sql } from "../http/world.mjs";

export const whole = Boolean(process.env.KR_TEST_WHOLE);
export const seed = Number(process.env.SEED ?? 20261121);

/* The same numbers for the same seed. */
export function dice(start = seed) {
	let s = start >>> 0;
	return (n) => {
		s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
		return Math.floor((s / 2 ** 32) * n);
	};
}

export const median = (list) => quantile(list, 0.5);
export const quantile = (list, q) => [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) * q)];

/* Everybody's wrong tries are forgotten: the hour is over. */
export const forgetTries = () => sql("DELETE FROM kreide_auth.attempt");

/* A browser in a network (/24) of its own; every address of 127/8 is this machine's. */
export const from = (network) => new Browser(port, "localhost", `127.${1 + (network >> 8)}.${network & 255}.9`);

/* Somebody new, so that nothing depends on what another part did. */
export const secret = "Regenbogen-7-Krokodil";
export async function somebody(role, { given = "Robin", family = "Neumann", group } = {}) {
	const r = await kreide("--json", "user", "add", "--given", given, "--family", family, "--role", role,
		...(group ? ["--group", group] : []));
	if (r.code !== 0) throw new Error(`no ${role}: ${r.err}`);
	const who = JSON.parse(r.out);
	/* A crowded machine may answer "busy, try again". */
	const browser = await activate(who.account, secret).catch(() => sleep(1000).then(() => activate(who.account, secret)));
	const [[id]] = await sql(`SELECT id FROM core_person WHERE account = '${who.account}'`);
	return { account: who.account, id: Number(id), password: secret, browser };
}

/* `count` of work, `width` at a time. */
export async function crowd(count, width, work) {
	let next = 0;
	await Promise.all(Array.from({ length: Math.min(width, count) }, async () => {
		while (next < count) await work(next++);
	}));
}
