-- One case for wrk: args are a file that returns a list of requests, taken in turn by all
-- connections, and a word that makes the numbers of forms unique. Prints one line at the end.
local MARK = "NONCE-NONCE-NONCE-NONCE-NONCE-00"
local threads = 0

function setup(thread)
	thread:set("number", threads)
	threads = threads + 1
end

function init(args)
	made, at, forms, word = {}, number * 7, 0, args[2]
	for i, r in ipairs(dofile(args[1])) do
		local whole = wrk.format(r.method, r.path, r.headers, r.body)
		local from, to = whole:find(MARK, 1, true)
		if from then
			made[i] = { whole:sub(1, from - 1), whole:sub(to + 1) }
		else
			made[i] = { whole }
		end
	end
end

function request()
	at = at + 1
	local r = made[at % #made + 1]
	if #r == 1 then
		return r[1]
	end
	forms = forms + 1
	return r[1] .. string.format("%s%016x%04x", word, forms, number) .. r[2]
end

function done(summary, latency)
	local e = summary.errors
	print(string.format("RESULT %d %.6f %.3f %.3f %.3f %.3f %d", summary.requests,
		summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
		latency:percentile(99) / 1e3, latency.max / 1e3,
		e.connect + e.read + e.write + e.status + e.timeout))
end
