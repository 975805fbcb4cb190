-- Arguments: the field of the prefix ("period|budget/usd/"), entry of spent after which to begin or '', the most accounts to look at
-- Returns the last entry that was looked at, or '' at the end; then for each account with an amount its name, charged and held amount.
local prefix, after, most = ARGV[2], ARGV[3], tonumber(ARGV[4])
local head = ranked(prefix)
local found = call('ZRANGEBYLEX', spent, after ~= '' and '(' .. after or '[' .. head, '(' .. string.sub(head, 1, -2) .. '!', 'LIMIT', '0', most)
local fields, text = {}, {}
for i = 1, #found do fields[i] = prefix .. string.sub(found[i], #head + 18) end
text[1] = pack('<s', #found == most and found[most] or '')
local cells = #found > 0 and call('HMGET', accounts, values(fields)) or {}
for i = 1, #found do
  local sum = cells[i] and { unpack(ACCOUNT, cells[i]) }
  local entry = sum and ranked(fields[i], sum[CHARGED], sum[CHARGED + 1])
  if entry ~= found[i] then
    -- Written by a version without this index, or left by a lost key.
    call('ZREM', spent, found[i])
    if entry then call('ZADD', spent, '0', entry) end
  end
  if sum and (sum[CHARGED] > 0 or sum[CHARGED + 1] > 0 or sum[HELD] > 0 or sum[HELD + 1] > 0) then
    text[#text + 1] = pack('<sI4I4I4I4', string.match(fields[i], '^%-?%d+|(.*)$'), sum[CHARGED], sum[CHARGED + 1], sum[HELD], sum[HELD + 1])
  end
end
return answer(table.concat(text))
