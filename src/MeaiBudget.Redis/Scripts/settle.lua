-- Arguments: id, caller, 1 if it is unconfirmed, 1 if states are wanted, AMOUNTs, how long a settled reservation is kept
local id, by, isUnconfirmed, amounts = ARGV[2], ARGV[3], ARGV[4] == '1', ARGV[6]
local known = find(id)
if not known then return answer('unknown') end
if known.state == 'R' then return answer('released') end
if #amounts ~= 8 * #known.letters then return answer('lines ' .. #known.letters) end
local state = known.state
local applies = state == 'O' or state == 'E' or (state == 'D' and not isUnconfirmed)
local again = not applies and known.by == by
local becomes = isUnconfirmed and 'D' or 'S'
local states, charged = charge(known, amounts, applies, becomes, again, ARGV[5] == '1')
-- A charge that is replaced is told to the caller, who adds up what was spent.
local was = applies and state ~= 'O' and state .. ' ' .. string.sub(known.text, known.charged, known.lines - 1) or '1 '
if applies then close(id, known, becomes, by, charged, tonumber(ARGV[7])) end
return answer(((applies or again) and was or '0 ') .. states)
