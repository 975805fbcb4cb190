using System.Globalization;
using StackExchange.Redis;

namespace MeaiBudget;

/// <summary>Writes a script's words, one argument each: a server splits arguments faster than a script splits text.</summary>
internal sealed class RedisLedgerWords
{
    /// <summary>The furthest moment, in microseconds since 1970, that a double holds exactly: the year 2255.</summary>
    private const long LastMoment = 9_000_000_000_000_000;

    private const long FurthestPeriod = 1L << 53;

    private readonly List<RedisValue> _words;

    /// <summary>Begins with what every script takes first: the time, or zero for the server's.</summary>
    public RedisLedgerWords(TimeProvider? clock, int capacity = 16)
    {
        _words = new List<RedisValue>(capacity);
        Add(clock is null ? 0 : Microseconds(clock.GetUtcNow()));
    }

    public RedisLedgerWords Add(string word)
    {
        _words.Add(word);
        return this;
    }

    public RedisLedgerWords Add(long number)
    {
        _words.Add(number);
        return this;
    }

    public RedisLedgerWords Add(Guid id) => Add(id.ToString("N"));

    public RedisLedgerWords Add(LedgerReservationId id) =>
        Add(string.Create(CultureInfo.InvariantCulture, $"{id.CallId:N}:{id.Attempt}:{LedgerAccountName.Escape(id.Owner)}"));

    public RedisLedgerWords Add(DateTimeOffset time) => Add(Microseconds(time));

    public RedisLedgerWords Add(TimeSpan span) => Add(Math.Clamp(span.Ticks / TimeSpan.TicksPerMicrosecond, 1, LastMoment));

    public RedisLedgerWords AddAccount(string account) => Add(LedgerAccountName.Escape(account));

    /// <summary>Adds a bound of a range of periods; no period lies beyond the furthest.</summary>
    public RedisLedgerWords AddPeriodBound(long period) => Add(Math.Clamp(period, -FurthestPeriod, FurthestPeriod));

    /// <summary>Adds a period index, of which a script must tell which is the greater.</summary>
    public RedisLedgerWords AddPeriod(long period)
    {
        if (period is < -FurthestPeriod or > FurthestPeriod)
        {
            throw new ArgumentOutOfRangeException(nameof(period), period, "A Redis ledger's period index lies between -2^53 and 2^53.");
        }

        return Add(period);
    }

    public RedisLedgerWords AddAmounts(IReadOnlyList<long> amounts)
    {
        Add(amounts.Count);
        foreach (var amount in amounts)
        {
            Add(amount);
        }

        return this;
    }

    public RedisValue[] ToArray() => [.. _words];

    public static long Microseconds(DateTimeOffset time) =>
        Math.Clamp((time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond, 1, LastMoment);

    public static DateTimeOffset Time(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
