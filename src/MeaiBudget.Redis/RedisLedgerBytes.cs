using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace MeaiBudget;

/// <summary>
/// Writes binary arguments that scripts read with <c>struct.unpack</c>: little-endian numbers and zero-terminated texts. Scripts read
/// numbers from bytes much faster than from text.
/// </summary>
internal sealed class RedisLedgerBytes(int capacity = 128)
{
    private const long FurthestPeriod = 1L << 53;
    private readonly ArrayBufferWriter<byte> _written = new(Math.Max(1, capacity));

    public ReadOnlyMemory<byte> Written => _written.WrittenMemory;

    /// <summary>Adds a <c>LINE</c> of common.lua.</summary>
    public void Add(LedgerLine line)
    {
        if (line.Period is < -FurthestPeriod or > FurthestPeriod)
        {
            throw new ArgumentOutOfRangeException(nameof(line), line.Period, "The period index of a Redis ledger must be between -2^53 and 2^53.");
        }

        AddField(line.Account, line.Period);
        Add(line.Amount);
        Add(line.Limit ?? 0);
        Add((double)RedisLedgerWords.Microseconds(line.ForgetAfter));
        Add((double)Bound(line.FirstPeriod));
        Add((byte)(line.Mode switch { LedgerLineMode.Record => 1, LedgerLineMode.Shadow => 2, _ => 0 }));
        Add(line.Limit.HasValue);
        Add(line.FirstPeriod != line.Period);
    }

    /// <summary>Adds a slice for exchange.lua.</summary>
    public void AddSlice(LedgerSettlement slice)
    {
        LedgerReservation reservation = slice.Reservation!;
        Encoding.UTF8.GetBytes(RedisLedgerWords.Id(slice.Id), _written);
        Add((byte)0);
        Add(slice.Amounts[0]);
        Add((double)RedisLedgerWords.Microseconds(reservation.Lease));
        Add(reservation.At is { } at ? RedisLedgerWords.Microseconds(at) : 0.0);
        Add(reservation.Lines[0]);
    }

    /// <summary>Adds an account query for read.lua.</summary>
    public void Add(LedgerAccountQuery query)
    {
        (long first, long last) = (Bound(query.FirstPeriod), Bound(query.Period));
        AddField(query.Account, last);
        Add((double)first);
        Add(first != last);
    }

    public void Add(long amount)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_written.GetSpan(sizeof(long)), amount);
        _written.Advance(sizeof(long));
    }

    /// <summary>Limits a period index to the supported range.</summary>
    private static long Bound(long period) => Math.Clamp(period, -FurthestPeriod, FurthestPeriod);

    private void AddField(string account, long period)
    {
        Span<byte> digits = stackalloc byte[20];
        period.TryFormat(digits, out int length, provider: CultureInfo.InvariantCulture);
        _written.Write(digits[..length]);
        Add((byte)'|');
        Encoding.UTF8.GetBytes(LedgerAccountName.Escape(account), _written);
        Add((byte)0);
    }

    private void Add(double number)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(_written.GetSpan(sizeof(double)), number);
        _written.Advance(sizeof(double));
    }

    private void Add(bool flag) => Add((byte)(flag ? 1 : 0));

    private void Add(byte value)
    {
        _written.GetSpan(1)[0] = value;
        _written.Advance(1);
    }
}
