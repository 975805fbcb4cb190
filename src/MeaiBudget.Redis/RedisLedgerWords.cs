using System.Globalization;
using System.Text;

namespace MeaiBudget;

/// <summary>Writes a script's words, separated by spaces.</summary>
internal sealed class RedisLedgerWords
{
    /// <summary>The furthest moment, in microseconds since 1970, that a double holds exactly: the year 2255.</summary>
    private const long LastMoment = 9_000_000_000_000_000;

    private const long FurthestPeriod = 1L << 53;

    private readonly StringBuilder _text = new(256);

    public RedisLedgerWords Add(string word)
    {
        _text.Append(word).Append(' ');
        return this;
    }

    public RedisLedgerWords Add(long number)
    {
        _text.Append(CultureInfo.InvariantCulture, $"{number} ");
        return this;
    }

    public RedisLedgerWords Add(Guid id)
    {
        _text.Append(CultureInfo.InvariantCulture, $"{id:N} ");
        return this;
    }

    public RedisLedgerWords Add(LedgerReservationId id)
    {
        _text.Append(CultureInfo.InvariantCulture, $"{id.CallId:N}:{id.Attempt}:{LedgerAccountName.Escape(id.Owner)} ");
        return this;
    }

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

    public override string ToString() => _text.ToString();

    public static long Microseconds(DateTimeOffset time) =>
        Math.Clamp((time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond, 1, LastMoment);

    public static DateTimeOffset Time(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
