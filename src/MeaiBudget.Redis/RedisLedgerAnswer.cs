using System.Globalization;

namespace MeaiBudget;

/// <summary>Reads a script's answer: the server's time, the operation's words, and the leases that were found to have ended.</summary>
internal ref struct RedisLedgerAnswer
{
    private ReadOnlySpan<char> _rest;

    public RedisLedgerAnswer(string text)
    {
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        _rest = end < 0 ? text : text.AsSpan(0, end);
        Expired = end < 0 ? [] : ReadExpired(text[(end + 1)..]);
        Microseconds = Number();
    }

    public long Microseconds { get; }

    public IReadOnlyList<LedgerLeaseExpiry> Expired { get; }

    public readonly bool IsEmpty => _rest.IsEmpty;

    public ReadOnlySpan<char> Word()
    {
        var end = _rest.IndexOf(' ');
        var word = end < 0 ? _rest : _rest[..end];
        _rest = end < 0 ? [] : _rest[(end + 1)..].TrimStart(' ');
        return word;
    }

    public long Number() => long.Parse(Word(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    public bool Flag() => Word() is "1";

    public LedgerLineState State() => new(Number(), Number(), Number(), Number(), Number(), Flag());

    private static List<LedgerLeaseExpiry> ReadExpired(string text)
    {
        var expired = new List<LedgerLeaseExpiry>();
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split(' ');
            var id = words[0].Split(':', 3);
            var accounts = new List<string>();
            var amounts = new List<long>();
            for (var i = 1; i + 1 < words.Length; i += 2)
            {
                accounts.Add(LedgerAccountName.Unescape(words[i]));
                amounts.Add(long.Parse(words[i + 1], CultureInfo.InvariantCulture));
            }

            expired.Add(new LedgerLeaseExpiry(
                new LedgerReservationId(Guid.ParseExact(id[0], "N"), int.Parse(id[1], CultureInfo.InvariantCulture), LedgerAccountName.Unescape(id[2])), accounts, amounts));
        }

        return expired;
    }
}
