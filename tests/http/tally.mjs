/* Counts what held and what did not, and says what did not. */
export class Tally {
	passed = 0;
	failed = 0;
	shown = 0;
	pass(n = 1) {
		this.passed += n;
	}
	/* Of very many faults of one kind the first are enough. */
	fail(what, details = "") {
		this.failed++;
		if (++this.shown > 200) return;
		console.log(`FAILED ${what}`);
		if (details) console.log(details.split("\n").slice(0, 12).map((l) => `       ${l.slice(0, 400)}`).join("\n"));
	}
	check(good, what, details) {
		if (good) this.pass();
		else this.fail(what, typeof details === "function" ? details() : details);
	}
	note(text) {
		console.log(`  ${text}`);
	}
}
