-- grant account amount expiresAt; ARGV[2] is what the audit keeps
local id, account, amount, expires = take(), take(), take(), take()
local field = 'g|' .. account
local kept, latest = {}, tonumber(expires)
for text in string.gmatch(redis.call('HGET', accounts, field) or '', '%S+') do
  local other, otherExpires = string.match(text, '^([^:]+):%d+:(%d+)$')
  if other == id then return answer('0') end
  if tonumber(otherExpires) > now then
    kept[#kept + 1] = text
    latest = math.max(latest, tonumber(otherExpires))
  end
end
kept[#kept + 1] = id .. ':' .. amount .. ':' .. expires
redis.call('HSET', accounts, field, table.concat(kept, ' '))
redis.call('ZADD', forget, whole(latest), field)
redis.call('RPUSH', audit, whole(now) .. ' grant ' .. ARGV[2])
redis.call('LTRIM', audit, '-10000', '-1')
return answer('1')
