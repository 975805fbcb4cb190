using Microsoft.Extensions.Time.Testing;

namespace MeaiBudget.Tests;

/// <summary>What is admitted in slices, and what is asked of the far ledger, one by one. The answers of the far ledger are made here.</summary>
public sealed class SliceBookTests
{
    private const long Day = 20_000;

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 14, 9, 0, 0, TimeSpan.Zero));
    private readonly SliceBook _book;
    private int _ids;

    public SliceBookTests() => _book = new SliceBook(new SliceRules { Clock = _time });

    [Fact]
    public void TheThirdCallMakesAnAccountWorthASlice()
    {
        for (int i = 0; i < 3; i++)
        {
            Assert.False(_book.TakeUrgency());
            Assert.False(_book.IsActive);
            Assert.Equal([0], Admit(Line()).Parts!.Far);
        }

        Assert.True(_book.IsActive);
        Assert.True(_book.TakeUrgency());
        Assert.False(_book.TakeUrgency());
        SliceExchange exchange = _book.Begin(isLast: false)!;
        LedgerSettlement sent = Assert.Single(exchange.Sent);
        Assert.Equal((1L, _time.GetTimestamp(), "slice", 0L), (exchange.Sequence, exchange.SentAt, sent.Id.Owner, Assert.Single(sent.Amounts)));
        Assert.Equal((sent.Id, TimeSpan.FromSeconds(10), _time.GetUtcNow()), (sent.Reservation!.Id, sent.Reservation.Lease, sent.Reservation.At));
        Assert.Equal(Line() with { Amount = 1_000 }, Assert.Single(sent.Reservation.Lines));

        // Before the answer, calls still go to the far ledger.
        Assert.NotNull(Admit(Line()).Parts);
        _book.End(exchange, 1, [Answer(sent)]);
        SliceAdmission admitted = Admit(Line());
        Assert.Null(admitted.Parts);
        Assert.Equal((true, false, false), (admitted.Result.IsAdmitted, admitted.IsRepeated, admitted.ReleasesFirst));
        Assert.Equal(new LedgerLineState(0, 100, 0, 0, 0, true), Assert.Single(admitted.Result.Lines));
        Assert.Empty(_book.Admit(Reservation(Line()) with { WantsStates = false }).Result.Lines);
    }

    [Fact]
    public void SlowCallsGetNoSlice()
    {
        for (int i = 0; i < 9; i++)
        {
            Assert.NotNull(Admit(Line()).Parts);
            _time.Advance(TimeSpan.FromSeconds(1.3));
        }

        Assert.False(_book.IsActive);
        Assert.Null(_book.Begin(isLast: false));
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

        Assert.Equal(isActive, _book.IsActive);
    }

    [Fact]
    public void ASliceIsUsedUntilItsLeaseEndsAsSeenWhenTheExchangeWasSent()
    {
        MakeBusy(Line());
        SliceExchange exchange = _book.Begin(isLast: false)!;
        _time.Advance(TimeSpan.FromSeconds(4));
        _book.End(exchange, 1, [Answer(exchange.Sent[0])]);

        _time.Advance(TimeSpan.FromSeconds(6) - TimeSpan.FromTicks(1));
        Assert.Null(Admit(Line()).Parts);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal([0], Admit(Line()).Parts!.Far);
    }

    [Fact]
    public void ACallOfOlderSettingsIsToldAndOneOfNewerOnesGoesToTheFarLedger()
    {
        Lease(Line());
        _book.Learn(5);
        _book.Learn(3);

        SliceAdmission older = _book.Admit(Reservation(Line()) with { SettingsVersion = 4 });
        Assert.Equal((null, false, true), (older.Parts, older.Result.IsAdmitted, older.Result.SettingsChanged));
        Assert.False(_book.TakeUrgency());
        Assert.Null(_book.Admit(Reservation(Line()) with { SettingsVersion = 5 }).Parts);
        Assert.Equal([0], _book.Admit(Reservation(Line()) with { SettingsVersion = 6 }).Parts!.Far);
        Assert.True(_book.TakeUrgency());
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
        Assert.Equal(isUrgent, _book.TakeUrgency());
        Assert.Null(Admit(Line() with { Limit = 100_001 }).Parts);
        Assert.Null(Admit(Line() with { Amount = 900 }).Parts);
        Assert.NotNull(Admit(Line() with { Amount = 1 }).Parts);
    }

    [Fact]
    public void ASliceOfAPeriodThatNoLongerCountsIsNotUsed()
    {
        LedgerLine line = Line() with { ForgetAfter = _time.GetUtcNow().AddSeconds(5) };
        Lease(line);
        _time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        Assert.Null(Admit(line).Parts);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.NotNull(Admit(line).Parts);
        Assert.Equal(100, Exchange()!.Sent[0].Reservation!.Lines[0].Amount);
    }

    [Fact]
    public void ARepetitionHoldsNothingMore()
    {
        Lease(Line());
        LedgerReservation reservation = Reservation(Line());
        _book.Admit(reservation);

        SliceAdmission again = _book.Admit(reservation);
        Assert.Equal((null, true, true), (again.Parts, again.IsRepeated, again.Result.IsAdmitted));
        Assert.Equal(100, Assert.Single(again.Result.Lines).Held);

        Assert.Equal((true, false, null), _book.Release(reservation.Id));
        SliceAdmission anew = _book.Admit(reservation);
        Assert.Equal((null, false, true), (anew.Parts, anew.IsRepeated, anew.Result.IsAdmitted));
        Assert.Equal([reservation.Id], _book.FindAll(reservation.Id.CallId, 1));
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
        Assert.Null(_book.Admit(reservation).Parts);
        Assert.True(_book.Find(reservation.Id, out LedgerParts? parts)!.IsOpen);
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
        SliceAdmission first = _book.Admit(both);
        Assert.False(_book.Undo(both, first.Parts!, null));
        Assert.Null(_book.Find(both.Id, out _));
        SliceAdmission again = _book.Admit(both);
        Assert.Equal((true, false), (again.ReleasesFirst, again.IsRepeated));

        SliceAdmission second = _book.Admit(far);
        Assert.False(_book.Undo(far, second.Parts!, null));
        Lease(Line("far"));
        again = _book.Admit(far);
        Assert.Equal((false, true), (again.ReleasesFirst, again.IsRepeated));
        Assert.Equal([0], again.Parts!.Far);
    }

    [Fact]
    public void ARefusalForWhatOthersHoldIsAskedForWithTheNextExchange()
    {
        LedgerReservation reservation = Reservation(Line("far") with { Amount = 5_000 });
        Refuse(reservation, new LedgerLineState(95_001, 10, 0, 0, 0, false));
        Assert.False(_book.TakeUrgency());
        Refuse(reservation, new LedgerLineState(95_000, 10, 0, 0, 0, false));
        Assert.True(_book.TakeUrgency());

        LedgerLine wanted = Assert.Single(_book.Begin(isLast: false)!.Sent[0].Reservation!.Lines);
        Assert.Equal(("far", 5_000L), (wanted.Account, wanted.Amount));
    }

    [Fact]
    public void ARefusalWhereEachLineFitsReturnsWhatNoCallUses()
    {
        Lease(Line());
        LedgerReservation large = Reservation(Line() with { Amount = 2_000 });
        SliceAdmission admission = _book.Admit(large);
        Assert.True(_book.Undo(large, admission.Parts!, Refusal(new LedgerLineState(0, 1_000, 0, 0, 0, true))));
        Assert.Equal(0, Exchange()!.Sent[0].Reservation!.Lines[0].Amount);

        SliceAdmission none = _book.Admit(large);
        Assert.False(_book.Undo(large, none.Parts!, Refusal()));
        none = _book.Admit(large);
        Assert.False(_book.Undo(large, none.Parts!, Refusal(new LedgerLineState(0, 1_000, 0, 0, 0, true)) with { SettingsChanged = true }));
    }

    [Fact]
    public void ShadowsAreHiddenByWhatLiesHereUnused()
    {
        LedgerLine shadow = Line() with { Mode = LedgerLineMode.Shadow };
        Lease(shadow);
        LedgerLineState fits = new(0, 0, 0, 0, 0, true), not = fits with { Fits = false };

        Assert.False(_book.HidesShadows([shadow], [fits]));
        Assert.False(_book.HidesShadows([Line()], [not]));
        Assert.False(_book.HidesShadows([shadow with { Account = "b" }], [not]));
        Assert.True(_book.HidesShadows([shadow, shadow with { Account = "b" }], [not, not]));
        Assert.Equal(0, Exchange()!.Sent[0].Reservation!.Lines[0].Amount);
    }

    [Fact]
    public void StatesAreCorrectedByWhatTheFarLedgerDoesNotKnow()
    {
        Lease(Line());
        LedgerReservation both = Reservation(Line(), Line("far"));
        LedgerParts parts = _book.Admit(both).Parts!;
        Assert.Equal(new LedgerLineState(0, 100, 0, 0, 0, true), Assert.Single(_book.States(both, parts)));
        Assert.False(Assert.Single(_book.States(both with { Lines = [Line() with { Limit = 150 }, Line("far")] }, parts)).Fits);
        Assert.True(Assert.Single(_book.States(both with { Lines = [Line("unknown"), Line("far")] }, parts)).Fits);

        LedgerLineState stated = new(0, 1_000, 0, 0, 0, false);
        LedgerLine line = Line() with { Limit = 200 };
        Assert.Equal(stated with { Held = 100, Fits = true }, Assert.Single(_book.Correct([line], [stated], isRefused: true)));
        Assert.Equal(stated with { Held = 100 }, Assert.Single(_book.Correct([line], [stated], isRefused: false)));
        Assert.Equal(stated with { Held = 100 }, Assert.Single(_book.Correct([line with { Limit = 199 }], [stated], isRefused: true)));
        Assert.True(Assert.Single(_book.Correct([line with { Limit = 1 }], [stated with { Fits = true }], isRefused: false)).Fits);
        Assert.Equal([stated], _book.Correct([line, line], [stated], isRefused: true));
        Assert.Empty(_book.Correct([], [], isRefused: true));
    }

    [Fact]
    public void ASettlementIsDividedAsTheReservationWas()
    {
        Lease(Line());
        LedgerReservation both = Reservation(Line("far"), Line(), Line("far2"));
        _book.Admit(both);

        LedgerSettlementResult? result = _book.Settle(Settlement(both, 1, 60, 3), out LedgerSettlement? far, out LedgerParts? parts, out bool releasesFirst);

        Assert.Equal((true, false), (result!.Value.IsApplied, releasesFirst));
        Assert.Equal([1L, 3L], far!.Amounts);
        Assert.Equal(["far", "far2"], far.Reservation!.Lines.Select(line => line.Account));
        Assert.Equal([1], parts!.Local);
        Assert.Equal((0L, 60L), (Assert.Single(result.Value.Before).Charged, Assert.Single(result.Value.After).Charged));
        var exception = Assert.Throws<ArgumentException>(() => _book.Settle(Settlement(both, 1, 60) with { Reservation = null }, out _, out _, out _));
        Assert.Equal($"Reservation {both.Id} has 3 lines, but 2 amounts were given. Give one amount for each line.", exception.Message);
        LedgerSettlement again = Settlement(both, 1, 70, 3) with { WantsStates = false, Reservation = null };
        result = _book.Settle(again, out far, out _, out _);
        Assert.Equal((false, 0, 0, null), (result!.Value.IsApplied, result.Value.Before.Count, result.Value.After.Count, far!.Reservation));
    }

    [Fact]
    public void ASettlementOfAnUnknownReservationIsForTheFarLedger()
    {
        LedgerSettlement settlement = Settlement(Reservation(Line()), 60);
        Assert.Null(_book.Settle(settlement, out LedgerSettlement? far, out LedgerParts? parts, out bool releasesFirst));
        Assert.Equal((settlement, null, false), (far, parts, releasesFirst));
    }

    [Fact]
    public void ASettlementAfterTheReleaseIsForTheFarLedger()
    {
        Lease(Line());
        LedgerReservation here = Reservation(Line()), both = Reservation(Line(), Line("far"));
        _book.Admit(here);
        _book.Release(here.Id);
        Assert.Null(_book.Settle(Settlement(here, 60), out LedgerSettlement? far, out _, out bool releasesFirst));
        Assert.Equal((60L, 0L, false), (Assert.Single(far!.Amounts), Assert.Single(far.Reservation!.Lines).Amount, releasesFirst));

        LedgerParts parts = _book.Admit(both).Parts!;
        _book.Undo(both, parts, null);
        Assert.Null(_book.Settle(Settlement(both, 60, 7), out far, out _, out releasesFirst));
        Assert.True(releasesFirst);
        Assert.Equal([60L, 7L], far!.Amounts);
        Assert.Null(_book.Settle(Settlement(both, 60, 7) with { Reservation = null }, out far, out _, out releasesFirst));
        Assert.False(releasesFirst);
        Assert.Equal([7L], far!.Amounts);
    }

    [Fact]
    public void AnAdjustmentIsDividedAsTheReservationWas()
    {
        Lease(Line());
        LedgerReservation here = Reservation(Line()), both = Reservation(Line(), Line("far"));
        _book.Admit(here);
        LedgerParts parts = _book.Admit(both).Parts!;
        _book.Settle(Settlement(here, 60), out _, out _, out _);
        _book.Settle(Settlement(both, 60, 7), out _, out _, out _);

        LedgerSettlementResult? result = _book.Adjust(Adjustment(here, 50), out LedgerAdjustment? far, out LedgerParts? sides);
        Assert.Equal((true, null, null), (result!.Value.IsApplied, far, sides));
        Assert.Equal((120L, 110L), (Assert.Single(result.Value.Before).Charged, Assert.Single(result.Value.After).Charged));
        result = _book.Adjust(Adjustment(both, 50, 5), out far, out sides);
        Assert.True(result!.Value.IsApplied);
        Assert.Equal([5L], far!.Amounts);
        Assert.Equal(parts, sides);
        Assert.Throws<ArgumentException>(() => _book.Adjust(Adjustment(both, 50), out _, out _));

        LedgerAdjustment unknown = Adjustment(Reservation(Line()), 1);
        Assert.Null(_book.Adjust(unknown, out far, out sides));
        Assert.Equal((unknown, null), (far, sides));
        LedgerReservation released = Reservation(Line());
        _book.Admit(released);
        _book.Release(released.Id);
        Assert.Null(_book.Adjust(Adjustment(released, 1), out far, out _));
        Assert.NotNull(far);
    }

    [Fact]
    public void AReleaseAsksTheFarLedgerOnlyForWhatItMayHave()
    {
        Lease(Line());
        LedgerReservation here = Reservation(Line()), both = Reservation(Line(), Line("far")), unknown = Reservation(Line());
        _book.Admit(here);
        LedgerParts parts = _book.Admit(both).Parts!;

        Assert.Equal((true, false), _book.Renew(here.Id, TimeSpan.FromMinutes(5)));
        Assert.Equal((true, true), _book.Renew(both.Id, TimeSpan.FromMinutes(5)));
        Assert.Equal((false, true), _book.Renew(unknown.Id, TimeSpan.FromMinutes(5)));
        Assert.NotNull(_book.Find(both.Id, out LedgerParts? found));
        Assert.Equal(parts, found);
        Assert.Equal((true, false, null), _book.Release(here.Id));
        Assert.Equal((true, true, parts), _book.Release(both.Id));
        Assert.Equal((false, true, null), _book.Release(unknown.Id));
        Assert.Equal((false, true), _book.Renew(here.Id, TimeSpan.FromMinutes(5)));
        Assert.Equal((false, true, null), _book.Release(here.Id));

        _book.ForgetParts(both.Id, new LedgerParts([0], [1]));
        Assert.Equal((false, true, parts), _book.Release(both.Id));
        _book.ForgetParts(both.Id, parts);
        Assert.Equal((false, true, null), _book.Release(both.Id));
    }

    [Fact]
    public void AnEndedLeaseOfACallIsTakenOnce()
    {
        Lease(Line());
        LedgerReservation first = Reservation(Line()), second = Reservation(Line());
        _book.Admit(first);
        _book.Admit(second);
        _book.Renew(second.Id, TimeSpan.FromMinutes(3));
        _time.Advance(TimeSpan.FromMinutes(2) - TimeSpan.FromTicks(1));
        _book.Find(first.Id, out _);
        Assert.Null(_book.TakeExpired());

        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal((false, 100L), (_book.Find(first.Id, out _)!.IsOpen, _book.Find(first.Id, out _)!.Amounts[0]));
        Assert.Equal(first.Id, Assert.Single(_book.TakeExpired()!).Id);
        Assert.Null(_book.TakeExpired());
        Assert.True(_book.Find(second.Id, out _)!.IsOpen);
    }

    [Fact]
    public void AnExchangeWakesWhoWaits()
    {
        Assert.Null(_book.WhenChanged("a"));
        Lease(Line());
        Task changed = _book.WhenChanged("a")!;
        Assert.False(changed.IsCompleted);
        Exchange();
        Assert.True(changed.IsCompleted);
    }

    [Fact]
    public void AnIdleSliceIsReturnedAndItsLaterChargeReported()
    {
        Lease(Line());
        LedgerReservation call = Reservation(Line());
        _book.Admit(call);
        for (int i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Exchange();
        }

        // Only what the call holds is left.
        LedgerSettlement sent = Assert.Single(Exchange()!.Sent);
        Assert.Equal((0L, 100L), (sent.Amounts[0], sent.Reservation!.Lines[0].Amount));
        _book.Settle(Settlement(call, 60) with { IsUnconfirmed = true }, out _, out _, out _);
        sent = Assert.Single(Exchange()!.Sent);
        Assert.Equal((60L, 0L), (sent.Amounts[0], sent.Reservation!.Lines[0].Amount));
        Assert.False(_book.IsActive);
        Assert.Null(_book.Begin(isLast: false));

        // The far ledger does not know that the charge is unconfirmed.
        LedgerLineState[] states = [new(60, 0, 0, 0, 0, true)];
        _book.Correct([new LedgerAccountQuery("a", Day, Day)], states);
        Assert.Equal(new LedgerLineState(60, 0, 60, 0, 0, true), states[0]);

        // A correction is reported once more.
        _book.Settle(Settlement(call, 40), out _, out _, out _);
        Assert.True(_book.IsActive);
        sent = Assert.Single(Exchange()!.Sent);
        Assert.Equal((40L, 0L), (sent.Amounts[0], sent.Reservation!.Lines[0].Amount));
        Assert.False(_book.IsActive);
        states = [new(40, 0, 0, 0, 0, true)];
        _book.Correct([new LedgerAccountQuery("a", Day, Day)], states);
        Assert.Equal(new LedgerLineState(40, 0, 0, 0, 0, true), states[0]);
    }

    [Fact]
    public void TheLastExchangeReturnsWhatNoCallUses()
    {
        Lease(Line());
        Admit(Line());
        LedgerSettlement sent = Assert.Single(_book.Begin(isLast: true)!.Sent);
        Assert.Equal(100, sent.Reservation!.Lines[0].Amount);
    }

    [Fact]
    public void ASliceThatTheFarLedgerClosedIsUsedByNoCallAndANewOneFollows()
    {
        Lease(Line());
        SliceExchange exchange = _book.Begin(isLast: false)!;
        LedgerReservationId closed = exchange.Sent[0].Id;
        _book.End(exchange, 1, [Answer(exchange.Sent[0], isOpen: false, held: 0)]);

        Assert.NotNull(Admit(Line()).Parts);
        _time.Advance(TimeSpan.FromSeconds(2));
        MakeBusy(Line());
        Assert.True(_book.IsActive);
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
        _book.Admit(dear);
        _book.Admit(open);
        _book.TakeUrgency();

        _book.Settle(Settlement(dear, 901), out _, out _, out _);

        Assert.True(_book.TakeUrgency());
        LedgerLine sent = Assert.Single(Assert.Single(_book.Begin(isLast: false)!.Sent).Reservation!.Lines);
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
    public void AnExchangeHas500SlicesAndTheOthersComeFirstInTheNextOne()
    {
        LedgerLine[] lines = [.. Enumerable.Range(0, 503).Select(number => Line("a" + number))];
        foreach (LedgerLine line in lines)
        {
            MakeBusy(line);
        }

        SliceExchange first = Exchange()!;
        MakeBusy(lines);
        SliceExchange second = Exchange()!;

        Assert.Equal((500, 500), (first.Sent.Count, second.Sent.Count));
        Assert.Equal(503, first.Sent.Concat(second.Sent).Select(sent => sent.Reservation!.Lines[0].Account).Distinct().Count());
    }

    private static LedgerSettlement Settlement(LedgerReservation reservation, params long[] amounts) => new() { Id = reservation.Id, Amounts = amounts, Reservation = reservation };

    private static LedgerAdjustment Adjustment(LedgerReservation reservation, params long[] amounts) =>
        new() { Id = Guid.NewGuid(), Reservation = reservation.Id, Amounts = amounts, Reason = "test" };

    private static LedgerReservationResult Refusal(params LedgerLineState[] lines) => new(false, lines);

    private void Refuse(LedgerReservation reservation, params LedgerLineState[] lines) =>
        Assert.False(_book.Undo(reservation, _book.Admit(reservation).Parts!, Refusal(lines)));

    /// <summary>What a far ledger answers that has all that is asked.</summary>
    private static LedgerReservationResult Answer(LedgerSettlement sent, bool? isOpen = null, long? held = null, LedgerLineState? account = null)
    {
        (long charged, long wanted) = (sent.Amounts[0], sent.Reservation!.Lines[0].Amount);
        LedgerLineState state = account ?? new LedgerLineState(charged, held ?? wanted, 0, 0, 0, true);
        return new LedgerReservationResult(isOpen ?? (held ?? wanted) > 0, [state, new LedgerLineState(charged, held ?? wanted, 0, 0, 0, true)]);
    }

    private LedgerLine Line(string account = "a") => new()
    {
        Account = account,
        Period = Day,
        FirstPeriod = Day,
        ForgetAfter = new DateTimeOffset(2026, 3, 20, 0, 0, 0, TimeSpan.Zero),
        Amount = 100,
        Limit = 100_000,
    };

    private LedgerReservation Reservation(params LedgerLine[] lines) =>
        new() { Id = new LedgerReservationId(new Guid(++_ids, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), 1, "call"), Lease = TimeSpan.FromMinutes(2), Lines = lines };

    private SliceAdmission Admit(params LedgerLine[] lines) => _book.Admit(Reservation(lines));

    private void MakeBusy(params LedgerLine[] lines)
    {
        for (int i = 0; i < 3; i++)
        {
            LedgerReservation reservation = Reservation(lines);
            _book.Admit(reservation);
            _book.Release(reservation.Id);
        }
    }

    /// <summary>Gets a slice of 1,000 for each line.</summary>
    private void Lease(params LedgerLine[] lines)
    {
        MakeBusy(lines);
        Exchange();
        _book.TakeUrgency();
    }

    private SliceExchange? Exchange(Func<LedgerSettlement, LedgerReservationResult>? answer = null)
    {
        SliceExchange? exchange = _book.Begin(isLast: false);
        if (exchange is not null)
        {
            _book.End(exchange, 1, [.. exchange.Sent.Select(sent => answer is null ? Answer(sent) : answer(sent))]);
        }

        return exchange;
    }
}
