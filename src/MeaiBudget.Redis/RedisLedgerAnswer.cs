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
        Repaired = Number();
        IsWorkLeft = Flag();
        long expired = Number();
        Expired = expired == 0 ? [] : ReadExpired((int)expired);
    }

    public long Microseconds { get; }

    /// <summary>Gets how many lost keys and entries the operation repaired; -1 if the ledger is new or lost all of its data.</summary>
    public long Repaired { get; }

    /// <summary>Gets a value indicating whether leases have ended or data are outdated that no operation has reached yet.</summary>
    public bool IsWorkLeft { get; }

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

    /// <summary>Reads bytes up to the next zero byte as text.</summary>
    public string Text() => Encoding.UTF8.GetString(Take(_rest.IndexOf((byte)0), 1));

    /// <summary>Reads the rest as text.</summary>
    public string Rest() => Encoding.UTF8.GetString(Take(_rest.Length, 0));

    public long Amount() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long), 0));

    public LedgerLineState State() => new(Amount(), Amount(), Amount(), Amount(), Amount(), Take(1, 0) is [(byte)'1']);

    private ReadOnlySpan<byte> Take(int length, int separator)
    {
        ReadOnlySpan<byte> taken = _rest[..length];
        _rest = _rest[(length + separator)..];
        return taken;
    }

    /// <summary>Parses the id of a reservation, as <see cref="RedisLedgerWords.Add(LedgerReservationId)"/> writes it.</summary>
    public static LedgerReservationId ParseId(string text)
    {
        string[] parts = text.Split(':', 3);
        return new LedgerReservationId(Guid.ParseExact(parts[0], "N"), int.Parse(parts[1], CultureInfo.InvariantCulture), LedgerAccountName.Unescape(parts[2]));
    }

    private List<LedgerLeaseExpiry> ReadExpired(int count)
    {
        var expired = new List<LedgerLeaseExpiry>(count);
        for (int i = 0; i < count; i++)
        {
            LedgerReservationId id = ParseId(Text());
            int lines = BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int), 0));
            string[] accounts = new string[lines];
            long[] amounts = new long[lines];
            for (int line = 0; line < lines; line++)
            {
                accounts[line] = Name();
                amounts[line] = Amount();
            }

            expired.Add(new LedgerLeaseExpiry(id, accounts, amounts));
        }

        return expired;
    }
}
