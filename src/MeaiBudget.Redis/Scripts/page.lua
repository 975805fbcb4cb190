-- Arguments: prefix, name after which to begin or '', first counted period, last one, 1 if several periods count, the most accounts to look at
-- Returns the last name that was looked at, or '' at the end; then for each account with an amount its name, charged and held amount.
local prefix, after, first, last, isRange, most = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5], ARGV[6] == '1', tonumber(ARGV[7])
local found = call('ZRANGEBYLEX', names, after ~= '' and '(' .. after or prefix ~= '' and '[' .. prefix or '-', '+', 'LIMIT', '0', most)
local fields, count = {}, 0
for i = 1, #found do
  if string.sub(found[i], 1, #prefix) ~= prefix then break end
  count = i
  fields[i] = last .. '|' .. found[i]
end

local text = { pack('<s', count == most and found[count] or '') }
local cells = count > 0 and not isRange and call('HMGET', accounts, values(fields, 1, count)) or {}
for i = 1, count do
  local sum = isRange and rare().range(fields[i], first) or cells[i] and { unpack(ACCOUNT, cells[i]) }
  if sum and (sum[CHARGED] > 0 or sum[CHARGED + 1] > 0 or sum[HELD] > 0 or sum[HELD + 1] > 0) then
    text[#text + 1] = pack('<sI4I4I4I4', found[i], sum[CHARGED], sum[CHARGED + 1], sum[HELD], sum[HELD + 1])
  end
end
return answer(table.concat(text))
