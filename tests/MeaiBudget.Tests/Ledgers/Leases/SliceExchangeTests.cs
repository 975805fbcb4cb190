namespace MeaiBudget.Tests;

/// <summary>What exchanges ask of the far ledger and what their answers change.</summary>
public sealed class SliceExchangeTests : SliceBookFixture
{
    [Fact]
    public void AnExchangeWakesWhoWaits()
    {
        Assert.Null(Book.WhenChanged("a"));
        Lease(Line());
        Task changed = Book.WhenChanged("a")!;
        Assert.False(changed.IsCompleted);
        Exchange();
        Assert.True(changed.IsCompleted);
    }

    [Fact]
    public void AnIdleSliceIsReturnedAndItsLaterChargeReported()
    {
        Lease(Line());
        LedgerReservation call = Reservation(Line());
        Book.Admit(call);
        for (int i = 0; i < 3; i++)
        {
            Time.Advance(TimeSpan.FromSeconds(1));
            Exchange();
        }

        // Only what the call holds is left.
        LedgerSettlement sent = Assert.Single(Exchange()!.Sent);
        Assert.Equal((0L, 100L), (sent.Amounts[0], sent.Reservation!.Lines[0].Amount));
        Book.Settle(Settlement(call, 60) with { IsUnconfirmed = true }, out _, out _, out _);
        sent = Assert.Single(Exchange()!.Sent);
        Assert.Equal((60L, 0L), (sent.Amounts[0], sent.Reservation!.Lines[0].Amount));
        Assert.False(Book.IsActive);
        Assert.Null(Book.Begin(isLast: false));

        // The far ledger does not know that the charge is unconfirmed.
        LedgerLineState[] states = [new(60, 0, 0, 0, 0, true)];
        Book.Correct([new LedgerAccountQuery("a", Day, Day)], states);
        Assert.Equal(new LedgerLineState(60, 0, 60, 0, 0, true), states[0]);

        // A correction is reported once more.
        Book.Settle(Settlement(call, 40), out _, out _, out _);
        Assert.True(Book.IsActive);
        sent = Assert.Single(Exchange()!.Sent);
        Assert.Equal((40L, 0L), (sent.Amounts[0], sent.Reservation!.Lines[0].Amount));
        Assert.False(Book.IsActive);
        states = [new(40, 0, 0, 0, 0, true)];
        Book.Correct([new LedgerAccountQuery("a", Day, Day)], states);
        Assert.Equal(new LedgerLineState(40, 0, 0, 0, 0, true), states[0]);
    }

    [Fact]
    public void TheLastExchangeReturnsWhatNoCallUses()
    {
        Lease(Line());
        Admit(Line());
        LedgerSettlement sent = Assert.Single(Book.Begin(isLast: true)!.Sent);
        Assert.Equal(100, sent.Reservation!.Lines[0].Amount);
    }

    [Fact]
    public void ASliceThatTheFarLedgerClosedIsUsedByNoCallAndANewOneFollows()
    {
        Lease(Line());
        SliceExchange exchange = Book.Begin(isLast: false)!;
        LedgerReservationId closed = exchange.Sent[0].Id;
        Book.End(exchange, 1, [Answer(exchange.Sent[0], isOpen: false, held: 0)]);

        Assert.NotNull(Admit(Line()).Parts);
        Time.Advance(TimeSpan.FromSeconds(2));
        MakeBusy(Line());
        Assert.True(Book.IsActive);
        LedgerSettlement[] sent = [.. Exchange()!.Sent];
        Assert.Equal(0, Assert.Single(sent, one => one.Id == closed).Reservation!.Lines[0].Amount);
        Assert.NotEqual(0, Assert.Single(sent, one => one.Id != closed).Reservation!.Lines[0].Amount);
        Assert.Single(Exchange()!.Sent);
    }

    [Fact]
    public void ACallThatCostsMoreThanItHeldIsReportedSoonWhateverTheLimit()
    {
        Lease(Line());
        LedgerReservation dear = Reservation(Line() with { Amount = 500 }), open = Reservation(Line());
        Book.Admit(dear);
        Book.Admit(open);
        Book.TakeUrgency();

        Book.Settle(Settlement(dear, 901), out _, out _, out _);

        Assert.True(Book.TakeUrgency());
        LedgerLine sent = Assert.Single(Assert.Single(Book.Begin(isLast: false)!.Sent).Reservation!.Lines);
        Assert.Equal((LedgerLineMode.Record, 100L), (sent.Mode, sent.Amount));
    }

    [Fact]
    public void AnAccountBeyondItsLimitAdmitsNoCallInItsSlice()
    {
        Lease(Line());
        Admit(Line());
        Exchange(sent => Answer(sent, account: new LedgerLineState(100_001, 0, 0, 0, 0, true)));
        Assert.NotNull(Admit(Line()).Parts);
        Exchange(sent => Answer(sent, held: 1_000, account: new LedgerLineState(100_000, 0, 0, 0, 0, true)));
        Assert.Null(Admit(Line()).Parts);
    }

    [Fact]
    public void AnAccountThatALaterAnswerBringsBeyondItsLimitAdmitsNoCall()
    {
        // Two days of one account in one exchange: the answer to the first does not know what the second has charged and holds.
        LedgerLine today = Line(), tomorrow = Line() with { Period = Day + 1, FirstPeriod = Day + 1 };
        MakeBusy(today);
        MakeBusy(tomorrow);
        var state = new LedgerLineState(99_000, 0, 0, 0, 0, true);
        var order = new List<long>();
        Exchange(sent =>
        {
            order.Add(sent.Reservation!.Lines[0].Period);
            return Answer(sent, held: 1_001, account: state);
        });

        LedgerLine first = order[0] == Day ? today : tomorrow, last = order[0] == Day ? tomorrow : today;
        Assert.Equal(2, order.Count);
        Assert.NotNull(Admit(first).Parts);
        Assert.Null(Admit(last).Parts);
        Exchange(sent => Answer(sent, held: 1_001, account: state));
        Assert.Null(Admit(last).Parts);
    }

    [Fact]
    public void AnAccountThatOnlyOneAnswerIsAboutIsNotSuspendedByAnother()
    {
        LedgerLine today = Line(), tomorrow = Line() with { Period = Day + 1, FirstPeriod = Day + 1 };
        MakeBusy(today);
        MakeBusy(tomorrow);
        Exchange(sent => Answer(sent, account: new LedgerLineState(10_000, 0, 0, 0, 0, true)));
        Assert.Null(Admit(today).Parts);
        Assert.Null(Admit(tomorrow).Parts);
        Exchange(sent => Answer(sent, held: 1_000, account: new LedgerLineState(100_001, 0, 0, 0, 0, true)));
        Assert.NotNull(Admit(today).Parts);
        Assert.NotNull(Admit(tomorrow).Parts);
    }

    [Fact]
    public void AnAccountThatGotNothingGoesToTheFarLedgerForTwoSeconds()
    {
        MakeBusy(Line());
        Exchange(sent => Answer(sent, held: 0));
        Assert.Single(Exchange()!.Sent);
        Assert.False(Book.IsActive);

        Time.Advance(TimeSpan.FromSeconds(2) - TimeSpan.FromTicks(1));
        MakeBusy(Line());
        Assert.False(Book.IsActive);
        Time.Advance(TimeSpan.FromTicks(1));
        MakeBusy(Line());
        Assert.True(Book.IsActive);
        Assert.Equal(1_000, Assert.Single(Exchange()!.Sent).Reservation!.Lines[0].Amount);
    }

    [Theory]
    [InlineData(200, 0)]
    [InlineData(400, 1_000)]
    public void ASliceThatIsTooShortForCallsIsReturned(long got, long wantedNext)
    {
        MakeBusy(Line());
        Exchange(sent => Answer(sent, held: got));
        MakeBusy(Line());
        Assert.Equal(wantedNext, Assert.Single(Exchange()!.Sent).Reservation!.Lines[0].Amount);
    }

    [Fact]
    public void ASliceThatOthersWantIsMadeSmallerSoon()
    {
        MakeBusy(Line());
        Exchange();
        Assert.False(Book.TakeUrgency());
        MakeBusy(Line());
        Exchange(sent => Answer(sent, isWanted: true));
        Assert.True(Book.TakeUrgency());
        MakeBusy(Line());
        Assert.InRange(Assert.Single(Exchange()!.Sent).Reservation!.Lines[0].Amount, 100, 900);
    }

    [Fact]
    public void WhatCallsHoldIsPartOfTheLargestSlice()
    {
        Lease(Line());
        for (int i = 0; i < 6; i++)
        {
            Admit(Line());
        }

        Assert.Equal(1_000, Assert.Single(Exchange()!.Sent).Reservation!.Lines[0].Amount);
    }

    [Fact]
    public void APartOfWhatACallWantsIsReturnedBeforeAllOfItIsAskedFor()
    {
        Lease(Line());
        Refuse(Reservation(Line() with { Amount = 5_000 }), new LedgerLineState(0, 1_000, 0, 0, 0, false));
        LedgerSettlement returned = Assert.Single(Exchange()!.Sent);
        Assert.Equal(0, returned.Reservation!.Lines[0].Amount);
        Assert.True(Book.TakeUrgency());

        LedgerSettlement asked = Assert.Single(Exchange()!.Sent);
        Assert.NotEqual(returned.Id, asked.Id);
        Assert.Equal(5_000, asked.Reservation!.Lines[0].Amount);
        Assert.False(Book.TakeUrgency());
    }

    [Fact]
    public void AnIdleSliceOfAnOpenCallIsUsedAgain()
    {
        Lease(Line());
        LedgerReservation call = Reservation(Line());
        Book.Admit(call);
        LedgerReservationId slice = Exchange()!.Sent[0].Id;
        Exchange();
        Assert.Equal(100, Exchange()!.Sent[0].Reservation!.Lines[0].Amount);
        MakeBusy(Line());
        LedgerSettlement sent = Assert.Single(Exchange()!.Sent);
        Assert.Equal((slice, 1_000L), (sent.Id, sent.Reservation!.Lines[0].Amount));

        // Closed while nothing is held, it is opened anew when there are calls again.
        Book.Release(call.Id);
        Exchange();
        Exchange();
        Exchange();
        Exchange();
        Assert.False(Book.IsActive);
        MakeBusy(Line());
        Assert.True(Book.IsActive);
    }

    [Fact]
    public void AClosedSliceReportsUntilItsLastCallIsKnown()
    {
        Lease(Line());
        LedgerReservation call = Reservation(Line()), other = Reservation(Line());
        Book.Admit(call);
        Book.Admit(other);
        Exchange(sent => Answer(sent, isOpen: false, held: 0));
        Exchange(sent => Answer(sent, isOpen: false, held: 0));
        Assert.Equal(200, Assert.Single(Exchange(sent => Answer(sent, isOpen: false, held: 0))!.Sent).Reservation!.Lines[0].Amount);
        LedgerLineState[] states = [new(0, 0, 0, 0, 0, true)];
        Book.Correct([new LedgerAccountQuery("a", Day, Day)], states);
        Assert.Equal(200, states[0].Held);

        // One call settles while the exchange is on its way.
        Book.Settle(Settlement(call, 130), out _, out _, out _);
        Book.Settle(Settlement(other, 20), out _, out _, out _);
        SliceExchange exchange = Book.Begin(isLast: false)!;
        Assert.Equal((150L, 0L), (Assert.Single(exchange.Sent).Amounts[0], exchange.Sent[0].Reservation!.Lines[0].Amount));
        Book.Adjust(Adjustment(other, 25), out _, out _);
        Book.End(exchange, 1, [Answer(exchange.Sent[0])]);
        Assert.True(Book.IsActive);
        Assert.Equal(155, Assert.Single(Exchange()!.Sent).Amounts[0]);
        Assert.False(Book.IsActive);

        // What is overrun is known here alone, and two corrections are one report.
        states = [new(155, 0, 0, 0, 0, true)];
        Book.Correct([new LedgerAccountQuery("a", Day, Day)], states);
        Assert.Equal(new LedgerLineState(155, 0, 0, 30, 0, true), states[0]);
        Book.Adjust(Adjustment(other, 26), out _, out _);
        Book.Adjust(Adjustment(other, 27), out _, out _);
        Assert.Equal(157, Assert.Single(Exchange()!.Sent).Amounts[0]);
    }

    [Fact]
    public void WhatIsOnItsWayBackIsUsedByNoCall()
    {
        Lease(Line());
        Admit(Line());
        SliceExchange last = Book.Begin(isLast: true)!;
        Assert.NotNull(Admit(Line()).Parts);
        Book.End(last, 1, [Answer(last.Sent[0])]);
        Assert.NotNull(Admit(Line()).Parts);
    }

    [Fact]
    public void ASliceThatCanGrowDoesSoSoon()
    {
        LedgerLine line = Line() with { Limit = 1_000_000 };
        Lease(line);
        Assert.NotNull(Admit(line with { Amount = 3_200 }).Parts);
        Assert.NotNull(Admit(line with { Amount = 3_200 }).Parts);
        Assert.True(Book.TakeUrgency());
    }

    [Theory]
    [InlineData(7_500, 10_000, false)]
    [InlineData(1_000, 9_999, false)]
    [InlineData(1_000, 10_000, true)]
    public void AnAccountWithoutRecentCallsIsForgottenEveryTenSeconds(int usedAt, int purgedAt, bool isForgotten)
    {
        // A large call makes the share too small for a slice, as long as it is remembered.
        Book.Begin(isLast: false);
        Time.Advance(TimeSpan.FromMilliseconds(usedAt));
        Admit(Line() with { Amount = 1_000 });
        Time.Advance(TimeSpan.FromMilliseconds(purgedAt - usedAt));
        Book.Begin(isLast: false);

        MakeBusy(Line());

        Assert.Equal(isForgotten, Book.IsActive);
    }

    [Fact]
    public void WhatASettledSliceAloneKnowsIsNotedForADayAfterItsPeriod()
    {
        LedgerLine line = Line() with { ForgetAfter = Time.GetUtcNow().AddHours(1) };
        Lease(line);
        LedgerReservation call = Reservation(line);
        Book.Admit(call);
        Book.Settle(Settlement(call, 60) with { IsUnconfirmed = true }, out _, out _, out _);
        for (int i = 0; i < 4; i++)
        {
            Exchange();
        }

        Assert.False(Book.IsActive);
        Time.Advance(TimeSpan.FromHours(25) - TimeSpan.FromSeconds(10));
        Book.Begin(isLast: false);
        Assert.Equal(60, Unconfirmed());
        Time.Advance(TimeSpan.FromSeconds(10));
        Book.Begin(isLast: false);
        Assert.Equal(0, Unconfirmed());

        long Unconfirmed()
        {
            LedgerLineState[] states = [new(60, 0, 0, 0, 0, true)];
            Book.Correct([new LedgerAccountQuery("a", Day, Day)], states);
            return states[0].Unconfirmed;
        }
    }

    [Fact]
    public void APeriodThatNoLongerCountsGetsNoSlice()
    {
        MakeBusy(Line() with { ForgetAfter = Time.GetUtcNow() });
        Assert.False(Book.IsActive);
        MakeBusy(Line() with { ForgetAfter = Time.GetUtcNow().AddTicks(1) });
        Assert.True(Book.IsActive);
    }
}
