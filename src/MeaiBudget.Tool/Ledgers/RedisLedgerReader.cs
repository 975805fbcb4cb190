using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using StackExchange.Redis;

namespace MeaiBudget.Tool;

/// <summary>Reads the keys of a Redis ledger, whose format is described in common.lua of MeaiBudget.Redis.</summary>
internal static class RedisLedgerReader
{
    private const int PageSize = 1_000;

    public static async Task<LedgerContents> ReadAsync(string configuration, string name)
    {
        using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(configuration);
        IDatabase database = connection.GetDatabase();
        string prefix = $"meaibudget:{{{name}}}:";
        var periods = new List<CopiedPeriod>();
        var grants = new List<LedgerGrant>();
        long now = TimeProvider.System.GetUtcNow().UtcTicks;
        await foreach (HashEntry entry in database.HashScanAsync(prefix + "accounts", pageSize: PageSize))
        {
            string field = (string)entry.Name!;
            var bytes = new Reader((byte[])entry.Value!);
            int mark = field.IndexOf('|', StringComparison.Ordinal);
            if (field.StartsWith("g|", StringComparison.Ordinal))
            {
                while (!bytes.IsEmpty)
                {
                    (string id, long amount, long expires, _) = (bytes.Text(), bytes.Number(), bytes.Time(), bytes.Text());
                    if (expires > now)
                    {
                        grants.Add(new LedgerGrant { Id = Guid.Parse(id), Account = LedgerAccountName.Unescape(field[2..]), Amount = amount, ExpiresAt = new DateTimeOffset(expires, TimeSpan.Zero), Reason = "copied" });
                    }
                }
            }
            else if (mark > 0)
            {
                (long charged, long unconfirmed, long overrun, _) = (bytes.Number(), bytes.Number(), bytes.Number(), bytes.Number());
                bytes.Skip(sizeof(int));
                periods.Add(new CopiedPeriod(LedgerAccountName.Unescape(field[(mark + 1)..]), long.Parse(field[..mark], CultureInfo.InvariantCulture), charged, unconfirmed, overrun, bytes.Time()));
            }
        }

        long open = 0;
        var reservations = new List<CopiedReservation>();
        await foreach (HashEntry entry in database.HashScanAsync(prefix + "reservations", pageSize: PageSize))
        {
            string[] parts = ((string)entry.Name!).Split(':', 3);
            var bytes = new Reader((byte[])entry.Value!);
            if (parts.Length < 3)
            {
                continue;
            }

            char state = (char)bytes.Byte();
            open += state == 'O' ? 1 : 0;
            if (state is 'S' or 'D' or 'E')
            {
                var id = new LedgerReservationId(Guid.ParseExact(parts[0], "N"), int.Parse(parts[1], CultureInfo.InvariantCulture), LedgerAccountName.Unescape(parts[2]));
                reservations.Add(new CopiedReservation(id, state != 'S', LinesOf(ref bytes)));
            }
        }

        return new LedgerContents($"redis:{name}", open, periods, reservations, grants);
    }

    private static List<CopiedLine> LinesOf(ref Reader bytes)
    {
        // keepUntil, caller and adjustments are not copied.
        bytes.Text();
        bytes.Text();
        bytes.Text();
        string letters = bytes.Text();
        long[] charged = new long[letters.Length];
        for (int i = 0; i < charged.Length; i++)
        {
            charged[i] = bytes.Number();
        }

        var lines = new List<CopiedLine>();
        for (int i = 0; i < charged.Length; i++)
        {
            string field = bytes.Text();
            (long reserved, _) = (bytes.Number(), bytes.Number());
            (long forget, double first) = (bytes.Time(), bytes.Double());
            bytes.Skip(3);
            int mark = field.IndexOf('|', StringComparison.Ordinal);
            lines.Add(new CopiedLine(
                LedgerAccountName.Unescape(field[(mark + 1)..]), long.Parse(field[..mark], CultureInfo.InvariantCulture), (long)first, reserved, charged[i], letters[i] != '0', forget));
        }

        return lines;
    }

    /// <summary>Reads little-endian numbers and texts that end with a zero.</summary>
    private ref struct Reader(byte[] bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public readonly bool IsEmpty => _rest.IsEmpty;

        public byte Byte() => Take(1)[0];

        public long Number() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

        public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));

        /// <summary>Reads a time in microseconds since 1970, as ticks.</summary>
        public long Time() => (long)Int128.Clamp(
            ((Int128)Double() * TimeSpan.TicksPerMicrosecond) + DateTimeOffset.UnixEpoch.UtcTicks, DateTimeOffset.MinValue.UtcTicks, DateTimeOffset.MaxValue.UtcTicks);

        public string Text()
        {
            string text = Encoding.UTF8.GetString(_rest[.._rest.IndexOf((byte)0)]);
            _rest = _rest[(_rest.IndexOf((byte)0) + 1)..];
            return text;
        }

        public void Skip(int count) => Take(count);

        private ReadOnlySpan<byte> Take(int count)
        {
            ReadOnlySpan<byte> taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }
    }
}
