using System.Globalization;
using StackExchange.Redis;

namespace MeaiBudget;

/// <summary>Builds the arguments of a script. Lists are passed as bytes in one argument.</summary>
internal sealed class RedisLedgerWords
{
    /// <summary>The latest time, in microseconds since 1970, that a double represents exactly: the year 2255.</summary>
    private const long LastMoment = 9_000_000_000_000_000;

    private readonly List<RedisValue> _words = new(8);

    /// <summary>Begins with the first argument of every script: the time, or zero for the server's.</summary>
    public RedisLedgerWords(TimeProvider? clock)
    {
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

    public RedisLedgerWords Add(bool flag) => Add(flag ? 1 : 0);

    public RedisLedgerWords Add(Guid id) => Add(id.ToString("N"));

    public RedisLedgerWords Add(LedgerReservationId id) => Add(Id(id));

    public RedisLedgerWords Add(DateTimeOffset time) => Add(Microseconds(time));

    public RedisLedgerWords Add(TimeSpan span) => Add(Microseconds(span));

    public RedisLedgerWords Add(RedisLedgerBytes bytes)
    {
        _words.Add(bytes.Written);
        return this;
    }

    public RedisLedgerWords AddAccount(string account) => Add(LedgerAccountName.Escape(account));

    public RedisLedgerWords AddAmounts(params IReadOnlyList<long> amounts)
    {
        var bytes = new RedisLedgerBytes(sizeof(long) * amounts.Count);
        foreach (long amount in amounts)
        {
            bytes.Add(amount);
        }

        return Add(bytes);
    }

    public RedisValue[] ToArray() => [.. _words];

    /// <summary>Returns the beginning that the ids of all reservations of an attempt share.</summary>
    public static string Attempt(Guid callId, int attempt) => string.Create(CultureInfo.InvariantCulture, $"{callId:N}:{attempt}:");

    public static string Id(LedgerReservationId id) => Attempt(id.CallId, id.Attempt) + LedgerAccountName.Escape(id.Owner);

    public static long Microseconds(TimeSpan span) => Math.Clamp(span.Ticks / TimeSpan.TicksPerMicrosecond, 1, LastMoment);

    public static long Microseconds(DateTimeOffset time) =>
        Math.Clamp((time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond, 1, LastMoment);

    public static DateTimeOffset Time(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
