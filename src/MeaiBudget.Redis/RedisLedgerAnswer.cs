using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace MeaiBudget;

/// <summary>Reads the answer of a script: the server's time, the ended leases, and the result of the operation.</summary>
internal ref struct RedisLedgerAnswer
{
    private ReadOnlySpan<byte> _rest;

    public RedisLedgerAnswer(byte[] bytes)
    {
        _rest = bytes;
        Microseconds = Number();
        long expired = Number();
        Expired = expired == 0 ? [] : ReadExpired((int)expired);
    }

    public long Microseconds { get; }

    public IReadOnlyList<LedgerLeaseExpiry> Expired { get; }

    public readonly bool IsEmpty => _rest.IsEmpty;

    /// <summary>Reads up to the next space.</summary>
    public ReadOnlySpan<byte> Word()
    {
        int end = _rest.IndexOf((byte)' ');
        return end < 0 ? Take(_rest.Length, 0) : Take(end, 1);
    }

    public long Number() => Utf8Parser.TryParse(Word(), out long number, out _) ? number : throw new FormatException("The answer of a Redis ledger script has no number at a position that needs one. Check that no other application uses the ledger's keys.");

    public bool Flag() => Word() is [(byte)'1'];

    /// <summary>Reads up to the next zero byte, and unescapes the account's name.</summary>
    public string Name() => LedgerAccountName.Unescape(Text());

    public long Amount() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long), 0));

    public LedgerLineState State() => new(Amount(), Amount(), Amount(), Amount(), Amount(), Take(1, 0) is [(byte)'1']);

    private string Text() => Encoding.UTF8.GetString(Take(_rest.IndexOf((byte)0), 1));

    private ReadOnlySpan<byte> Take(int length, int separator)
    {
        ReadOnlySpan<byte> taken = _rest[..length];
        _rest = _rest[(length + separator)..];
        return taken;
    }

    private List<LedgerLeaseExpiry> ReadExpired(int count)
    {
        var expired = new List<LedgerLeaseExpiry>(count);
        for (int i = 0; i < count; i++)
        {
            string[] id = Text().Split(':', 3);
            int lines = BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int), 0));
            string[] accounts = new string[lines];
            long[] amounts = new long[lines];
            for (int line = 0; line < lines; line++)
            {
                accounts[line] = Name();
                amounts[line] = Amount();
            }

            expired.Add(new LedgerLeaseExpiry(
                new LedgerReservationId(Guid.ParseExact(id[0], "N"), int.Parse(id[1], CultureInfo.InvariantCulture), LedgerAccountName.Unescape(id[2])), accounts, amounts));
        }

        return expired;
    }
}
