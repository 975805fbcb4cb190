namespace MeaiBudget.Tests;

/// <summary>What is admitted in slices, and what a refusal by the far ledger means.</summary>
public sealed class SliceBookTests : SliceBookFixture
{
    [Fact]
    public void TheThirdCallMakesAnAccountWorthASlice()
    {
        for (int i = 0; i < 3; i++)
        {
            Assert.False(Book.TakeUrgency());
            Assert.False(Book.IsActive);
            Assert.Equal([0], Admit(Line()).Parts!.Far);
        }

        Assert.True(Book.IsActive);
        Assert.True(Book.TakeUrgency());
        Assert.False(Book.TakeUrgency());
        SliceExchange exchange = Book.Begin(isLast: false)!;
        LedgerSettlement sent = Assert.Single(exchange.Sent);
        Assert.Equal((1L, Time.GetTimestamp(), "slice", 0L), (exchange.Sequence, exchange.SentAt, sent.Id.Owner, Assert.Single(sent.Amounts)));
        Assert.Equal((sent.Id, TimeSpan.FromSeconds(10), Time.GetUtcNow()), (sent.Reservation!.Id, sent.Reservation.Lease, sent.Reservation.At));
        Assert.Equal(Line() with { Amount = 1_000 }, Assert.Single(sent.Reservation.Lines));

        // Before the answer, calls still go to the far ledger.
        Assert.NotNull(Admit(Line()).Parts);
        Book.End(exchange, 1, [Answer(sent)]);
        SliceAdmission admitted = Admit(Line());
        Assert.Null(admitted.Parts);
        Assert.Equal((true, false, false), (admitted.Result.IsAdmitted, admitted.IsRepeated, admitted.ReleasesFirst));
        Assert.Equal(new LedgerLineState(0, 100, 0, 0, 0, true), Assert.Single(admitted.Result.Lines));
        Assert.Empty(Book.Admit(Reservation(Line()) with { WantsStates = false }).Result.Lines);
    }

    [Fact]
    public void SlowCallsGetNoSlice()
    {
        for (int i = 0; i < 9; i++)
        {
            Assert.NotNull(Admit(Line()).Parts);
            Time.Advance(TimeSpan.FromSeconds(1.3));
        }

        Assert.False(Book.IsActive);
        Assert.Null(Book.Begin(isLast: false));
    }

    [Theory]
    [InlineData(30_000, true)]
    [InlineData(29_999, false)]
    public void ALimitThatIsSmallForACallGetsNoSlice(long limit, bool isActive)
    {
        for (int i = 0; i < 3; i++)
        {
            Admit(Line() with { Limit = limit });
        }

        Assert.Equal(isActive, Book.IsActive);
    }

    [Fact]
    public void ASliceIsUsedUntilItsLeaseEndsAsSeenWhenTheExchangeWasSent()
    {
        MakeBusy(Line());
        SliceExchange exchange = Book.Begin(isLast: false)!;
        Time.Advance(TimeSpan.FromSeconds(4));
        Book.End(exchange, 1, [Answer(exchange.Sent[0])]);

        Time.Advance(TimeSpan.FromSeconds(6) - TimeSpan.FromTicks(1));
        Assert.Null(Admit(Line()).Parts);
        Time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal([0], Admit(Line()).Parts!.Far);
    }

    [Fact]
    public void ACallOfOlderSettingsIsToldAndOneOfNewerOnesGoesToTheFarLedger()
    {
        Lease(Line());
        Book.Learn(5);
        Book.Learn(3);

        SliceAdmission older = Book.Admit(Reservation(Line()) with { SettingsVersion = 4 });
        Assert.Equal((null, false, true), (older.Parts, older.Result.IsAdmitted, older.Result.SettingsChanged));
        Assert.False(Book.TakeUrgency());
        Assert.Null(Book.Admit(Reservation(Line()) with { SettingsVersion = 5 }).Parts);
        Assert.Equal([0], Book.Admit(Reservation(Line()) with { SettingsVersion = 6 }).Parts!.Far);
        Assert.NotNull(Book.Admit(Reservation(Line()) with { SettingsVersion = 6 }).Parts);
        Assert.True(Book.TakeUrgency());
    }

    [Fact]
    public void NewerSettingsMakeNoExchangeUrgentWithoutASlice()
    {
        Book.Learn(5);
        Assert.NotNull(Book.Admit(Reservation(Line()) with { SettingsVersion = 6 }).Parts);
        Assert.False(Book.TakeUrgency());
    }

    [Theory]
    [InlineData("limit", true)]
    [InlineData("unlimited", false)]
    [InlineData("mode", false)]
    [InlineData("window", false)]
    [InlineData("day", false)]
    [InlineData("account", false)]
    [InlineData("amount", false)]
    public void ALineThatDiffersFromItsSliceGoesToTheFarLedger(string what, bool isUrgent)
    {
        Lease(Line());
        LedgerLine line = what switch
        {
            "limit" => Line() with { Limit = 99_999 },
            "unlimited" => Line() with { Limit = null },
            "mode" => Line() with { Mode = LedgerLineMode.Shadow },
            "window" => Line() with { FirstPeriod = Day - 1 },
            "day" => Line() with { Period = Day + 1, FirstPeriod = Day + 1 },
            "account" => Line("b"),
            _ => Line() with { Amount = 1_001 },
        };

        Assert.Equal([0], Admit(line).Parts!.Far);
        Assert.Equal(isUrgent, Book.TakeUrgency());
        Assert.Null(Admit(Line() with { Limit = 100_001 }).Parts);
        Assert.Null(Admit(Line() with { Amount = 900 }).Parts);
        Assert.NotNull(Admit(Line() with { Amount = 1 }).Parts);
    }

    [Fact]
    public void ASliceOfAPeriodThatNoLongerCountsIsNotUsed()
    {
        LedgerLine line = Line() with { ForgetAfter = Time.GetUtcNow().AddSeconds(5) };
        Lease(line);
        Time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        Assert.Null(Admit(line).Parts);
        Time.Advance(TimeSpan.FromTicks(1));
        Assert.NotNull(Admit(line).Parts);
        Assert.Equal(100, Exchange()!.Sent[0].Reservation!.Lines[0].Amount);
    }

    [Fact]
    public void ARepetitionHoldsNothingMore()
    {
        Lease(Line());
        LedgerReservation reservation = Reservation(Line());
        Book.Admit(reservation);

        SliceAdmission again = Book.Admit(reservation);
        Assert.Equal((null, true, true), (again.Parts, again.IsRepeated, again.Result.IsAdmitted));
        Assert.Equal(100, Assert.Single(again.Result.Lines).Held);

        Assert.Equal((true, false, null), Book.Release(reservation.Id));
        SliceAdmission anew = Book.Admit(reservation);
        Assert.Equal((null, false, true), (anew.Parts, anew.IsRepeated, anew.Result.IsAdmitted));
        Assert.Equal([reservation.Id], Book.FindAll(reservation.Id.CallId, 1));
    }

    [Fact]
    public void ShadowLinesAreHeldTogetherInOneLedger()
    {
        LedgerLine first = Line("s1") with { Mode = LedgerLineMode.Shadow }, second = first with { Account = "s2" };
        Lease(Line(), first);

        SliceAdmission mixed = Admit(Line(), first, second);
        Assert.Equal([0], mixed.Parts!.Local);
        Assert.Equal([1, 2], mixed.Parts.Far);
        Assert.Equal(100, Assert.Single(mixed.Result.Lines).Held);
        Assert.Null(Admit(Line(), first).Parts);
        SliceAdmission enforced = Admit(Line(), first, Line("c"));
        Assert.Equal([0, 1], enforced.Parts!.Local);
        Assert.Equal([2], enforced.Parts.Far);
    }

    [Fact]
    public void AReservationOfNoLineIsHeldHere()
    {
        LedgerReservation reservation = Reservation();
        Assert.Null(Book.Admit(reservation).Parts);
        Assert.True(Book.Find(reservation.Id, out LedgerParts? parts)!.IsOpen);
        Assert.Null(parts);
    }

    [Fact]
    public void ACallOfManyLinesIsAdmitted()
    {
        LedgerLine[] lines = [.. Enumerable.Range(0, 20).Select(number => Line("a" + number))];
        Lease(lines);
        SliceAdmission admission = Admit(lines);
        Assert.Null(admission.Parts);
        Assert.Equal(20, admission.Result.Lines.Count);
    }

    [Fact]
    public void AFailedReservationIsRepeatedInTheSamePlaces()
    {
        Lease(Line());
        LedgerReservation both = Reservation(Line(), Line("far")), far = Reservation(Line("far"));
        SliceAdmission first = Book.Admit(both);
        Assert.False(Book.Undo(both, first.Parts!, null));
        Assert.Null(Book.Find(both.Id, out LedgerParts? none));
        Assert.Null(none);
        SliceAdmission again = Book.Admit(both);
        Assert.Equal((true, false), (again.ReleasesFirst, again.IsRepeated));

        SliceAdmission second = Book.Admit(far);
        Assert.False(Book.Undo(far, second.Parts!, null));
        Lease(Line("far"));
        again = Book.Admit(far);
        Assert.Equal((false, true), (again.ReleasesFirst, again.IsRepeated));
        Assert.Equal([0], again.Parts!.Far);
    }

    [Fact]
    public void ARefusalForWhatOthersHoldIsAskedForWithTheNextExchange()
    {
        LedgerReservation reservation = Reservation(Line("far") with { Amount = 5_000 });
        Refuse(reservation, new LedgerLineState(95_001, 10, 0, 0, 0, false));
        Refuse(reservation, new LedgerLineState(95_002, 10, 0, 0, 1, false));
        Assert.False(Book.TakeUrgency());
        Refuse(reservation, new LedgerLineState(95_001, 10, 0, 0, 1, false), new LedgerLineState(0, 0, 0, 0, 0, false));
        Assert.True(Book.TakeUrgency());
        Assert.False(Book.Admit(reservation).IsRepeated);

        LedgerLine wanted = Assert.Single(Book.Begin(isLast: false)!.Sent[0].Reservation!.Lines);
        Assert.Equal(("far", 5_000L), (wanted.Account, wanted.Amount));
    }

    [Fact]
    public void ARefusalWhereEachLineFitsReturnsWhatNoCallUses()
    {
        Lease(Line());
        LedgerReservation large = Reservation(Line() with { Mode = LedgerLineMode.Shadow });
        SliceAdmission admission = Book.Admit(large);
        Assert.True(Book.Undo(large, admission.Parts!, Refusal(new LedgerLineState(0, 1_000, 0, 0, 0, true))));
        Assert.Equal(0, Exchange()!.Sent[0].Reservation!.Lines[0].Amount);

        SliceAdmission none = Book.Admit(large);
        Assert.False(Book.Undo(large, none.Parts!, Refusal()));
        none = Book.Admit(large);
        Assert.False(Book.Undo(large, none.Parts!, Refusal(new LedgerLineState(0, 1_000, 0, 0, 0, true)) with { SettingsChanged = true }));
        Lease(Line());
        none = Book.Admit(large);
        Assert.False(Book.Undo(large, none.Parts!, Refusal() with { SettingsChanged = true }));
        Assert.True(Book.TakeUrgency());
    }

    [Fact]
    public void ShadowsAreHiddenByWhatLiesHereUnused()
    {
        LedgerLine shadow = Line() with { Mode = LedgerLineMode.Shadow };
        Lease(shadow);
        LedgerLineState fits = new(0, 0, 0, 0, 0, true), not = fits with { Fits = false };

        Assert.False(Book.HidesShadows([shadow], [fits]));
        Assert.False(Book.HidesShadows([Line()], [not]));
        Assert.False(Book.HidesShadows([shadow with { Account = "b" }], [not]));
        Assert.True(Book.HidesShadows([shadow, shadow with { Account = "b" }], [not, not]));
        Assert.Equal(0, Exchange()!.Sent[0].Reservation!.Lines[0].Amount);
    }

    [Fact]
    public void TwoShadowsOfTwoPeriodsAreHiddenToo()
    {
        LedgerLine today = Line() with { Mode = LedgerLineMode.Shadow }, tomorrow = today with { Period = Day + 1, FirstPeriod = Day + 1 }, other = today with { Account = "b" };
        Lease(today);
        Lease(tomorrow);
        Lease(other);
        LedgerLineState not = new(0, 0, 0, 0, 0, false);

        Assert.True(Book.HidesShadows([today], [not]));
        Assert.True(Book.HidesShadows([today, other], [not, not]));
        Assert.Null(Admit(other with { Amount = 1_000 }).Parts);
        Assert.False(Book.HidesShadows([other], [not]));
    }

    [Fact]
    public void StatesAreCorrectedByWhatTheFarLedgerDoesNotKnow()
    {
        Lease(Line());
        LedgerReservation both = Reservation(Line(), Line("far"));
        LedgerParts parts = Book.Admit(both).Parts!;
        Assert.Equal(new LedgerLineState(0, 100, 0, 0, 0, true), Assert.Single(Book.States(both, parts)));
        Assert.False(Assert.Single(Book.States(both with { Lines = [Line() with { Limit = 150 }, Line("far")] }, parts)).Fits);
        Assert.True(Assert.Single(Book.States(both with { Lines = [Line("unknown"), Line("far")] }, parts)).Fits);

        LedgerLineState stated = new(0, 1_000, 0, 0, 0, false);
        LedgerLine line = Line() with { Limit = 200 };
        Assert.Equal(stated with { Held = 100, Fits = true }, Assert.Single(Book.Correct([line], [stated], isRefused: true)));
        Assert.Equal(stated with { Held = 100 }, Assert.Single(Book.Correct([line], [stated], isRefused: false)));
        Assert.Equal(stated with { Held = 100 }, Assert.Single(Book.Correct([line with { Limit = 199 }], [stated], isRefused: true)));
        Assert.True(Assert.Single(Book.Correct([line with { Limit = 1 }], [stated with { Fits = true }], isRefused: false)).Fits);
        Assert.Equal([stated], Book.Correct([line, line], [stated], isRefused: true));
        Assert.Empty(Book.Correct([], [], isRefused: true));
    }
}
