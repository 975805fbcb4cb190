-- grant account instance sequence amount expiresAt, then what the audit keeps
local id, account, by, amount, expires = take(), take(), take() .. '.' .. take(), take(), take()
local field = 'g|' .. account
local kept, latest = {}, tonumber(expires)
for text in string.gmatch(redis.call('HGET', accounts, field) or '', '%S+') do
  local other, otherExpires, otherBy = string.match(text, '^([^:]+):%d+:(%d+):(%S+)$')
  if other == id then return answer(otherBy == by and '1' or '0') end
  if tonumber(otherExpires) > now then
    kept[#kept + 1] = text
    latest = math.max(latest, tonumber(otherExpires))
  end
end
kept[#kept + 1] = id .. ':' .. amount .. ':' .. expires .. ':' .. by
redis.call('HSET', accounts, field, table.concat(kept, ' '))
redis.call('ZADD', forget, whole(latest), field)
redis.call('RPUSH', audit, nowText .. ' grant ' .. take())
redis.call('LTRIM', audit, '-10000', '-1')
return answer('1')
