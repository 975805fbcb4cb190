namespace MeaiBudget.Testing;

/// <content>Cases of reservations.</content>
public static partial class SpendLedgerSuite
{
    private static readonly Func<SpendLedgerCase, Task>[] Admission =
    [
        TakesFromAllAccountsOrFromNone,
        ARefusalLeavesNoTrace,
        ReservingAgainChangesNothing,
        AReleasedReservationMayBeAskedAgain,
        ALimitOfZeroBlocksEverythingPaid,
        NoLimitMeansUnlimited,
        RecordedLinesAreTakenBeyondTheLimit,
        ShadowLinesAloneAreLeftOut,
        ShadowLinesAreTakenTogetherOrNotAtAll,
        LoweringALimitOnlyStopsWhatComesNext,
        LargeAmountsAreExact,
        TheLargestNumbersDoNotWrapAround,
        StrangeAccountNamesAreKeptApart,
        ListsAccountsByPrefix,
        AReservationOfNothingIsAdmitted,
        ManyLinesAreTakenAtOnce,
        BadArgumentsAreRejected,
    ];

    private static async Task TakesFromAllAccountsOrFromNone(SpendLedgerCase one)
    {
        await one.AdmitAsync(one.Line("day", 60, 100), one.Line("tenant", 60, 1000), one.Line("model", 60, 100));
        LedgerReservationResult refused = await one.RefuseAsync(one.Line("tenant", 50, 1000), one.Line("day", 50, 100), one.Line("month", 50));
        SpendLedgerCase.Equal(true, refused.Lines[0].Fits, "The line that fitted");
        SpendLedgerCase.Equal(false, refused.Lines[1].Fits, "The line that did not fit");
        SpendLedgerCase.Equal(60, refused.Lines[1].Held, "The held amount in the refusal");
        await one.ExpectAsync("day", held: 60);
        await one.ExpectAsync("tenant", held: 60);
        await one.ExpectAsync("month");
        await one.AdmitAsync(one.Line("tenant", 40, 1000), one.Line("day", 40, 100));
        await one.ExpectAsync("day", held: 100);
    }

    private static async Task ARefusalLeavesNoTrace(SpendLedgerCase one)
    {
        LedgerReservationId id = SpendLedgerCase.NewId();
        for (int i = 0; i < 3; i++)
        {
            LedgerReservationResult result = await one.ReserveAsync(id, one.Line("day", 11, 10));
            SpendLedgerCase.Equal(false, result.IsAdmitted, "A reservation above the limit");
        }

        SpendLedgerCase.Equal(0, (await one.Ledger.ListAccountsAsync("")).Count, "Accounts after a refusal");
        SpendLedgerCase.Equal(false, await one.SettleAsync(id, 5), "Settling a refused reservation");
        await one.ExpectAsync("day");
        LedgerReservationResult asked = await one.ReserveAsync(id, one.Line("day", 10, 10));
        SpendLedgerCase.Equal(true, asked.IsAdmitted, "A second reservation with the same id and an amount that fits");
    }

    private static async Task ReservingAgainChangesNothing(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60, 100), one.Line("shadow", 60, 10, LedgerLineMode.Shadow));
        LedgerReservationResult again = await one.ReserveAsync(id, one.Line("day", 60, 100), one.Line("shadow", 60, 10, LedgerLineMode.Shadow));
        SpendLedgerCase.Equal(true, again.IsAdmitted, "The repeated reservation");
        SpendLedgerCase.Equal(true, again.Lines[0].Fits, "The reserved line");
        SpendLedgerCase.Equal(false, again.Lines[1].Fits, "The shadow line that was not reserved");
        await one.ExpectAsync("day", held: 60);
        await one.SettleAsync(id, 20, 20);
        again = await one.ReserveAsync(id, one.Line("day", 60, 100), one.Line("shadow", 60, 10, LedgerLineMode.Shadow));
        SpendLedgerCase.Equal(true, again.IsAdmitted, "The reservation repeated after it was settled");
        await one.ExpectAsync("day", charged: 20);
    }

    private static async Task AReleasedReservationMayBeAskedAgain(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 60, 100));
        for (int i = 0; i < 3; i++)
        {
            SpendLedgerCase.Equal(true, await one.Ledger.ReleaseAsync(id), "Releasing an open reservation");
            SpendLedgerCase.Equal(true, (await one.ReserveAsync(id, one.Line("day", 50, 100))).IsAdmitted, "Reserving again after the release");
            await one.ExpectAsync("day", held: 50);
        }

        SpendLedgerCase.Equal(true, await one.SettleAsync(id, 40), "Settling the second reservation");
        await one.ExpectAsync("day", charged: 40);
    }

    private static async Task ALimitOfZeroBlocksEverythingPaid(SpendLedgerCase one)
    {
        await one.RefuseAsync(one.Line("day", 1, 0));
        await one.AdmitAsync(one.Line("day", 0, 0));
        await one.ExpectAsync("day");
    }

    private static async Task NoLimitMeansUnlimited(SpendLedgerCase one)
    {
        await one.AdmitAsync(one.Line("day", 1L << 60));
        await one.AdmitAsync(one.Line("day", 1L << 60));
        await one.ExpectAsync("day", held: 1L << 61);
    }

    private static async Task RecordedLinesAreTakenBeyondTheLimit(SpendLedgerCase one)
    {
        LedgerReservationId id = SpendLedgerCase.NewId();
        LedgerReservationResult result = await one.ReserveAsync(id, one.Line("day", 60, 50, LedgerLineMode.Record));
        SpendLedgerCase.Equal(true, result.IsAdmitted, "A recorded line above its limit");
        SpendLedgerCase.Equal(false, result.Lines[0].Fits, "Fits of the recorded line");
        SpendLedgerCase.Equal(60, result.Lines[0].Held, "The held amount with the recorded line");
        await one.SettleAsync(id, 60);
        await one.ExpectAsync("day", charged: 60);
    }

    private static async Task ShadowLinesAloneAreLeftOut(SpendLedgerCase one)
    {
        LedgerReservationId id = SpendLedgerCase.NewId();
        LedgerReservationResult result = await one.ReserveAsync(id, one.Line("real", 60, 100), one.Line("shadow", 60, 50, LedgerLineMode.Shadow));
        SpendLedgerCase.Equal(true, result.IsAdmitted, "A reservation whose shadow line does not fit");
        SpendLedgerCase.Equal(false, result.Lines[1].Fits, "The shadow line");
        await one.ExpectAsync("shadow");
        await one.SettleAsync(id, 55, 55);
        await one.ExpectAsync("real", charged: 55);
        await one.ExpectAsync("shadow");
        LedgerReservationId fits = await one.AdmitAsync(one.Line("shadow", 50, 50, LedgerLineMode.Shadow));
        await one.SettleAsync(fits, 45);
        await one.ExpectAsync("shadow", charged: 45);
    }

    private static async Task ShadowLinesAreTakenTogetherOrNotAtAll(SpendLedgerCase one)
    {
        LedgerLine Shadow(string account, long amount, long limit) => one.Line(account, amount, limit, LedgerLineMode.Shadow);
        LedgerReservationId id = SpendLedgerCase.NewId();
        LedgerReservationResult result = await one.ReserveAsync(id, Shadow("all", 60, 100), one.Line("real", 60), Shadow("tenant", 60, 50));
        SpendLedgerCase.Equal(true, result.IsAdmitted, "A reservation with a shadow line that does not fit");
        SpendLedgerCase.Equal(false, result.Lines[2].Fits, "The shadow line that does not fit");
        await one.ExpectAsync("all");
        await one.ExpectAsync("tenant");
        await one.ExpectAsync("real", held: 60);
        await one.SettleAsync(id, 60, 60, 60);
        await one.ExpectAsync("all");
        await one.ExpectAsync("real", charged: 60);
        await one.SettleAsync(await one.AdmitAsync(Shadow("all", 50, 100), Shadow("tenant", 50, 50)), 50, 45);
        await one.ExpectAsync("all", charged: 50);
        await one.ExpectAsync("tenant", charged: 45);
    }

    private static async Task LoweringALimitOnlyStopsWhatComesNext(SpendLedgerCase one)
    {
        LedgerReservationId open = await one.AdmitAsync(one.Line("day", 60, 100));
        LedgerReservationId settled = await one.AdmitAsync(one.Line("day", 30, 100));
        await one.SettleAsync(settled, 30);
        await one.RefuseAsync(one.Line("day", 1, 50));
        await one.ExpectAsync("day", charged: 30, held: 60);
        await one.SettleAsync(open, 60);
        await one.AdmitAsync(one.Line("day", 10, 100));
        await one.ExpectAsync("day", charged: 90, held: 10);
    }

    private static async Task LargeAmountsAreExact(SpendLedgerCase one)
    {
        // Adjacent numbers that a double cannot distinguish.
        foreach (long large in new[] { (1L << 53) - 1, 1L << 53, (1L << 53) + 1, (1L << 62) - 1, 1L << 62, 999_999_999, 1_000_000_000, 9_000_000_000_000_000_001 })
        {
            string account = $"large {large}";
            LedgerReservationId id = await one.AdmitAsync(one.Line(account, large, large + 1));
            await one.RefuseAsync(one.Line(account, 2, large + 1));
            LedgerReservationId small = await one.AdmitAsync(one.Line(account, 1, large + 1));
            await one.ExpectAsync(account, held: large + 1);
            await one.SettleAsync(id, large - 1);
            await one.SettleAsync(small, 2);
            await one.ExpectAsync(account, charged: large + 1, overrun: 1);
            await one.RefuseAsync(one.Line(account, 1, large + 1));
            await one.AdjustAsync(Guid.NewGuid(), id, 0);
            await one.ExpectAsync(account, charged: 2, overrun: 1);
        }
    }

    private static async Task TheLargestNumbersDoNotWrapAround(SpendLedgerCase one)
    {
        await one.AdmitAsync(one.Line("largest", long.MaxValue, long.MaxValue));
        await one.RefuseAsync(one.Line("largest", 1, long.MaxValue));
        await one.RefuseAsync(one.Line("largest", long.MaxValue, long.MaxValue));
        await one.RefuseAsync(one.Line("smallest", 0, long.MinValue));
        await one.RefuseAsync(one.Line("smallest", 1, -1));
        await one.ExpectAsync("largest", held: long.MaxValue);
    }

    private static async Task StrangeAccountNamesAreKeptApart(SpendLedgerCase one)
    {
        string[] names =
        [
            " ", "a", "A", "a ", " a", "a b", "a~0020b", "a\tb", "a\nb", "a\0b", "a\0c", "~", "~~", "{a}", "a|b", "a:b", "a*", "a?", "[a]", "'; DROP TABLE periods; --",
            "%", "a%20b", "\"", "\\", "é", "e\u0301", "租户", "🏢", "\ud83c", "\udfe2", "\u00a0", "\u2028", new string('x', 3000),
        ];
        for (int i = 0; i < names.Length; i++)
        {
            LedgerReservationId id = await one.AdmitAsync(one.Line(names[i], i + 1, 1000));
            await one.SettleAsync(id, i + 1);
        }

        for (int i = 0; i < names.Length; i++)
        {
            await one.ExpectAsync(names[i], charged: i + 1);
        }

        IReadOnlyList<string> listed = await one.Ledger.ListAccountsAsync("");
        SpendLedgerCase.True(names.Order(StringComparer.Ordinal).SequenceEqual(listed.Order(StringComparer.Ordinal)), "each account is listed once by its own name");
    }

    private static async Task ListsAccountsByPrefix(SpendLedgerCase one)
    {
        LedgerReservationId id = await one.AdmitAsync(one.Line("tenant/a b", 1), one.Line("tenant/c", 1), one.Line("tenan", 1), one.Line("month", 1));
        LedgerReservationId zero = await one.AdmitAsync(one.Line("tenant/zero", 0));
        async Task<string> ListAsync(string prefix) => string.Join(", ", (await one.Ledger.ListAccountsAsync(prefix)).Order(StringComparer.Ordinal));

        SpendLedgerCase.Equal("tenant/a b, tenant/c, tenant/zero", await ListAsync("tenant/"), "Accounts with open reservations");
        SpendLedgerCase.Equal("tenant/a b", await ListAsync("tenant/a "), "Accounts with a space in the prefix");
        await one.SettleAsync(id, 1, 0, 1, 0);
        await one.Ledger.ReleaseAsync(zero);
        SpendLedgerCase.Equal("tenant/a b", await ListAsync("tenant/"), "Charged accounts");
        SpendLedgerCase.Equal("tenan, tenant/a b", await ListAsync(""), "All accounts");
        SpendLedgerCase.Equal("", await ListAsync("other"), "Accounts with another prefix");
    }

    private static async Task AReservationOfNothingIsAdmitted(SpendLedgerCase one)
    {
        LedgerReservationId id = SpendLedgerCase.NewId();
        SpendLedgerCase.Equal(true, (await one.ReserveAsync(id)).IsAdmitted, "A reservation without lines");
        SpendLedgerCase.Equal(true, await one.SettleAsync(id), "Settling a reservation without lines");
        SpendLedgerCase.Equal(false, await one.SettleAsync(id), "Settling a reservation without lines again");
        SpendLedgerCase.Equal(0, (await one.Ledger.ReadAsync([])).Count, "Reading an empty list of accounts");
    }

    private static async Task ManyLinesAreTakenAtOnce(SpendLedgerCase one)
    {
        LedgerLine[] lines = Enumerable.Range(0, 40).Select(i => one.Line($"line {i}", i, 100)).ToArray();
        LedgerReservationId id = await one.AdmitAsync(lines);
        await one.RefuseAsync([.. lines.Select((line, i) => line with { Amount = i == 39 ? 62 : 0 })]);
        await one.SettleAsync(id, [.. Enumerable.Range(0, 40).Select(i => (long)i * 2)]);
        for (int i = 0; i < 40; i++)
        {
            await one.ExpectAsync($"line {i}", charged: i * 2, overrun: i);
        }
    }

    private static async Task BadArgumentsAreRejected(SpendLedgerCase one)
    {
        await SpendLedgerCase.Throws<ArgumentException>(() => one.ReserveAsync(SpendLedgerCase.NewId(), one.Line("day", -1)), "A negative amount");
        await SpendLedgerCase.Throws<ArgumentException>(() => one.ReserveAsync(SpendLedgerCase.NewId(), one.Line("day", 1), one.Line("day", 1)), "An account in two lines");
        await SpendLedgerCase.Throws<ArgumentException>(() => one.ReserveAsync(SpendLedgerCase.NewId(), one.Line("day", 1, first: SpendLedgerCase.Day + 1)), "A first period after the period");
        var noLease = new LedgerReservation { Id = SpendLedgerCase.NewId(), Lines = [one.Line("day", 1)], Lease = TimeSpan.Zero };
        await SpendLedgerCase.Throws<ArgumentException>(async () => await one.Ledger.ReserveAsync(noLease), "A lease of zero");
        LedgerReservationId id = await one.AdmitAsync(one.Line("day", 5), one.Line("month", 5));
        await SpendLedgerCase.Throws<ArgumentException>(() => one.SettleAsync(id, -1, 1), "A negative settlement");
        await SpendLedgerCase.Throws<ArgumentException>(() => one.SettleAsync(id, 1), "A settlement with too few amounts");
        await SpendLedgerCase.Throws<ArgumentException>(() => one.SettleAsync(id, 1, 1, 1), "A settlement with too many amounts");
        await SpendLedgerCase.Throws<ArgumentException>(async () => await one.Ledger.RenewAsync(id, TimeSpan.Zero), "A renewal with a lease of zero");
        var nothing = new LedgerGrant { Id = Guid.NewGuid(), Account = "day", Amount = 0, ExpiresAt = one.Ledger.Clock.GetUtcNow().AddDays(1), Reason = "suite" };
        await SpendLedgerCase.Throws<ArgumentException>(async () => await one.Ledger.GrantAsync(nothing), "A grant of zero");
        await one.ExpectAsync("day", held: 5);
        await one.SettleAsync(id, 1, 2);
        await one.ExpectAsync("month", charged: 2);
    }
}
