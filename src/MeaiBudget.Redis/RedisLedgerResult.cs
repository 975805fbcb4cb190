using System.Buffers.Text;
using System.Globalization;

namespace MeaiBudget;

/// <summary>Reads the results of operations from the answers of the scripts.</summary>
internal static class RedisLedgerResult
{
    public static LedgerReservationResult Reservation(byte[] bytes, int lines)
    {
        var answer = new RedisLedgerAnswer(bytes);
        ReadOnlySpan<byte> isAdmitted = answer.Word();
        if (isAdmitted.SequenceEqual("settings"u8))
        {
            return new LedgerReservationResult(false, []) { SettingsChanged = true };
        }

        if (isAdmitted.SequenceEqual("stale"u8))
        {
            return new LedgerReservationResult(false, new LedgerLineState[lines]);
        }

        return new LedgerReservationResult(isAdmitted is [(byte)'1'], answer.IsEmpty ? [] : States(ref answer, lines));
    }

    public static LedgerLineState[] States(byte[] bytes, int count)
    {
        var answer = new RedisLedgerAnswer(bytes);
        return States(ref answer, count);
    }

    private static LedgerLineState[] States(ref RedisLedgerAnswer answer, int count)
    {
        var states = new LedgerLineState[count];
        for (int i = 0; i < count; i++)
        {
            states[i] = answer.State();
        }

        return states;
    }

    public static bool Flag(byte[] bytes)
    {
        var answer = new RedisLedgerAnswer(bytes);
        return answer.Flag();
    }

    public static LedgerCharge? Charge(byte[] bytes)
    {
        var answer = new RedisLedgerAnswer(bytes);
        ReadOnlySpan<byte> first = answer.Word();
        if (first.SequenceEqual("unknown"u8))
        {
            return null;
        }

        bool isOpen = first is [(byte)'1'];
        string[] accounts = new string[answer.Number()];
        long[] amounts = new long[accounts.Length];
        for (int i = 0; i < accounts.Length; i++)
        {
            accounts[i] = answer.Name();
            amounts[i] = answer.Amount();
        }

        return new LedgerCharge(isOpen, accounts, amounts);
    }

    public static LedgerSettlementResult Settlement(byte[] bytes, LedgerReservationId id, int count) => Settlement(bytes, id, count, out _, out _);

    /// <param name="bytes">The answer.</param>
    /// <param name="id">The reservation, for messages.</param>
    /// <param name="count">The number of amounts.</param>
    /// <param name="before">The charge that was replaced; null if the reservation was open.</param>
    /// <param name="wasExpired">True if that was the charge of an ended lease.</param>
    public static LedgerSettlementResult Settlement(byte[] bytes, LedgerReservationId id, int count, out long[]? before, out bool wasExpired)
    {
        before = null;
        wasExpired = false;
        var answer = new RedisLedgerAnswer(bytes);
        ReadOnlySpan<byte> first = answer.Word();
        if (first.SequenceEqual("unknown"u8) || first.SequenceEqual("released"u8))
        {
            return new LedgerSettlementResult(false, [], []) { IsUnknown = true };
        }

        if (first.SequenceEqual("lines"u8))
        {
            throw LedgerArguments.WrongCount(id, (int)answer.Number(), count);
        }

        bool isApplied = first is not [(byte)'0'];
        wasExpired = first is [(byte)'E'];
        if (first is [(byte)'D'] or [(byte)'E'])
        {
            before = new long[count];
            for (int i = 0; i < count; i++)
            {
                before[i] = answer.Amount();
            }
        }

        if (answer.IsEmpty)
        {
            return new LedgerSettlementResult(isApplied, [], []);
        }

        var states = new LedgerLineState[count];
        var after = new LedgerLineState[count];
        for (int i = 0; i < count; i++)
        {
            states[i] = answer.State();
            after[i] = answer.State();
        }

        return new LedgerSettlementResult(isApplied, states, after);
    }

    public static bool Release(byte[] bytes, LedgerChangeSignal changes)
    {
        var answer = new RedisLedgerAnswer(bytes);
        bool isReleased = answer.Flag();
        long accounts = answer.Number();
        for (int i = 0; i < accounts; i++)
        {
            changes.Changed(answer.Name());
        }

        return isReleased;
    }

    /// <summary>Reads what the server says about itself; <see langword="null"/> if the user may not ask.</summary>
    public static string? Info(byte[] bytes)
    {
        var answer = new RedisLedgerAnswer(bytes);
        return answer.Word().SequenceEqual("info"u8) ? answer.Rest() : null;
    }

    /// <summary>Reads a number. Returns false if the answer is a word.</summary>
    public static bool TryNumber(byte[] bytes, out long number) => Utf8Parser.TryParse(new RedisLedgerAnswer(bytes).Word(), out number, out _);

    /// <summary>True if the reservation of a settlement was released.</summary>
    public static bool IsReleased(byte[] bytes) => new RedisLedgerAnswer(bytes).Word().SequenceEqual("released"u8);

    public static (long Version, IReadOnlyDictionary<string, string> Settings) Settings(byte[] bytes)
    {
        var answer = new RedisLedgerAnswer(bytes);
        long version = 0;
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        while (!answer.IsEmpty)
        {
            (string name, string value) = (answer.Text(), answer.Text());
            if (name.Length == 0)
            {
                version = long.Parse(value, CultureInfo.InvariantCulture);
            }
            else
            {
                settings.Add(LedgerAccountName.Unescape(name), LedgerAccountName.Unescape(value));
            }
        }

        return (version, settings);
    }

    public static (long SettingsVersion, IReadOnlyList<LedgerReservationResult> Slices) Slices(byte[] bytes, int count)
    {
        var answer = new RedisLedgerAnswer(bytes);
        long version = answer.Number();
        var slices = new LedgerReservationResult[count];
        for (int i = 0; i < count; i++)
        {
            bool isOpen = answer.Flag();
            slices[i] = new LedgerReservationResult(isOpen, States(ref answer, 2));
        }

        return (version, slices);
    }

    /// <summary>Adds the accounts of an answer to a page. Returns the last name that was looked at, and false if there are no more.</summary>
    public static (string Last, bool HasMore, int Added) AddTo(LedgerPage page, byte[] bytes)
    {
        var answer = new RedisLedgerAnswer(bytes);
        string last = answer.Text();
        int added = 0;
        while (!answer.IsEmpty)
        {
            string account = answer.Name();
            (long charged, long held) = (answer.Amount(), answer.Amount());
            if (page.CanHold(account) && page.Add(account, new LedgerLineState(charged, held, 0, 0, 0, true)))
            {
                added++;
            }
        }

        return (last, last.Length > 0, added);
    }
}
