namespace MeaiBudget.Tests;

/// <summary>How settlements, adjustments, releases and renewals are divided between slices and the far ledger.</summary>
public sealed class SliceBookSettlementTests : SliceBookFixture
{
    [Fact]
    public void ASettlementIsDividedAsTheReservationWas()
    {
        Lease(Line());
        LedgerReservation both = Reservation(Line("far"), Line(), Line("far2"));
        Book.Admit(both);

        LedgerSettlementResult? result = Book.Settle(Settlement(both, 1, 60, 3), out LedgerSettlement? far, out LedgerParts? parts, out bool releasesFirst);

        Assert.Equal((true, false), (result!.Value.IsApplied, releasesFirst));
        Assert.Equal([1L, 3L], far!.Amounts);
        Assert.Equal(["far", "far2"], far.Reservation!.Lines.Select(line => line.Account));
        Assert.Equal([1], parts!.Local);
        Assert.Equal((0L, 60L), (Assert.Single(result.Value.Before).Charged, Assert.Single(result.Value.After).Charged));
        ArgumentException exception = Assert.Throws<ArgumentException>(() => Book.Settle(Settlement(both, 1, 60) with { Reservation = null }, out _, out _, out _));
        Assert.Equal($"Reservation {both.Id} has 3 lines, but 2 amounts were given. Give one amount for each line.", exception.Message);
        LedgerSettlement again = Settlement(both, 1, 70, 3) with { WantsStates = false, Reservation = null };
        result = Book.Settle(again, out far, out _, out _);
        Assert.Equal((false, 0, 0, null), (result!.Value.IsApplied, result.Value.Before.Count, result.Value.After.Count, far!.Reservation));
    }

    [Fact]
    public void ASettlementOfAnUnknownReservationIsForTheFarLedger()
    {
        LedgerSettlement settlement = Settlement(Reservation(Line()), 60);
        Assert.Null(Book.Settle(settlement, out LedgerSettlement? far, out LedgerParts? parts, out bool releasesFirst));
        Assert.Equal((settlement, null, false), (far, parts, releasesFirst));
    }

    [Fact]
    public void ASettlementAfterTheReleaseIsForTheFarLedger()
    {
        Lease(Line());
        LedgerReservation here = Reservation(Line()), both = Reservation(Line(), Line("far"));
        Book.Admit(here);
        Book.Release(here.Id);
        Assert.Null(Book.Settle(Settlement(here, 60), out LedgerSettlement? far, out _, out bool releasesFirst));
        Assert.Equal((60L, 0L, false), (Assert.Single(far!.Amounts), Assert.Single(far.Reservation!.Lines).Amount, releasesFirst));

        LedgerParts parts = Book.Admit(both).Parts!;
        Book.Undo(both, parts, null);
        Assert.Null(Book.Settle(Settlement(both, 60, 7), out far, out _, out releasesFirst));
        Assert.True(releasesFirst);
        Assert.Equal([60L, 7L], far!.Amounts);
        Assert.Null(Book.Settle(Settlement(both, 60, 7) with { Reservation = null }, out far, out _, out releasesFirst));
        Assert.False(releasesFirst);
        Assert.Equal([7L], far!.Amounts);
    }

    [Fact]
    public void AnAdjustmentIsDividedAsTheReservationWas()
    {
        Lease(Line());
        LedgerReservation here = Reservation(Line()), both = Reservation(Line(), Line("far"));
        Book.Admit(here);
        LedgerParts parts = Book.Admit(both).Parts!;
        Book.Settle(Settlement(here, 60), out _, out _, out _);
        Book.Settle(Settlement(both, 60, 7), out _, out _, out _);

        LedgerSettlementResult? result = Book.Adjust(Adjustment(here, 50), out LedgerAdjustment? far, out LedgerParts? sides);
        Assert.Equal((true, null, null), (result!.Value.IsApplied, far, sides));
        Assert.Equal((120L, 110L), (Assert.Single(result.Value.Before).Charged, Assert.Single(result.Value.After).Charged));
        result = Book.Adjust(Adjustment(both, 50, 5), out far, out sides);
        Assert.True(result!.Value.IsApplied);
        Assert.Equal([5L], far!.Amounts);
        Assert.Equal(parts, sides);
        Assert.Throws<ArgumentException>(() => Book.Adjust(Adjustment(both, 50), out _, out _));

        LedgerAdjustment unknown = Adjustment(Reservation(Line()), 1);
        Assert.Null(Book.Adjust(unknown, out far, out sides));
        Assert.Equal((unknown, null), (far, sides));
        LedgerReservation released = Reservation(Line());
        Book.Admit(released);
        Book.Release(released.Id);
        Assert.Null(Book.Adjust(Adjustment(released, 1), out far, out _));
        Assert.NotNull(far);
    }

    [Fact]
    public void AReleaseAsksTheFarLedgerOnlyForWhatItMayHave()
    {
        Lease(Line());
        LedgerReservation here = Reservation(Line()), both = Reservation(Line(), Line("far")), unknown = Reservation(Line());
        Book.Admit(here);
        LedgerParts parts = Book.Admit(both).Parts!;

        Assert.Equal((true, false), Book.Renew(here.Id, TimeSpan.FromMinutes(5)));
        Assert.Equal((true, true), Book.Renew(both.Id, TimeSpan.FromMinutes(5)));
        Assert.Equal((false, true), Book.Renew(unknown.Id, TimeSpan.FromMinutes(5)));
        Assert.NotNull(Book.Find(both.Id, out LedgerParts? found));
        Assert.Equal(parts, found);
        Assert.Equal((true, false, null), Book.Release(here.Id));
        Assert.Equal((true, true, parts), Book.Release(both.Id));
        Assert.Equal((false, true, null), Book.Release(unknown.Id));
        Assert.Equal((false, true), Book.Renew(here.Id, TimeSpan.FromMinutes(5)));
        Assert.Equal((false, true, null), Book.Release(here.Id));

        Book.ForgetParts(both.Id, new LedgerParts([0], [1]));
        Assert.Equal((false, true, parts), Book.Release(both.Id));
        Book.ForgetParts(both.Id, parts);
        Assert.Equal((false, true, null), Book.Release(both.Id));
    }

    [Fact]
    public void AnEndedLeaseOfACallIsTakenOnce()
    {
        Lease(Line());
        LedgerReservation first = Reservation(Line()), second = Reservation(Line());
        Book.Admit(first);
        Book.Admit(second);
        Book.Renew(second.Id, TimeSpan.FromMinutes(3));
        Time.Advance(TimeSpan.FromMinutes(2) - TimeSpan.FromTicks(1));
        Book.Find(first.Id, out _);
        Assert.Null(Book.TakeExpired());

        Time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal((false, 100L), (Book.Find(first.Id, out _)!.IsOpen, Book.Find(first.Id, out _)!.Amounts[0]));
        Assert.Equal(first.Id, Assert.Single(Book.TakeExpired()!).Id);
        Assert.Null(Book.TakeExpired());
        Assert.True(Book.Find(second.Id, out _)!.IsOpen);
    }

    [Fact]
    public void EachSettlementTellsTheStepFromTheOneBefore()
    {
        Lease(Line());
        LedgerReservation first = Reservation(Line()), second = Reservation(Line());
        Book.Admit(first);
        Book.Admit(second);
        Assert.Equal((0L, 60L), Steps(Book.Settle(Settlement(first, 60), out _, out _, out _)));

        // Others charge 500 meanwhile.
        Exchange(sent => Answer(sent, account: new LedgerLineState(560, 0, 0, 0, 0, true)));
        Assert.Equal((60L, 600L), Steps(Book.Settle(Settlement(second, 40), out _, out _, out _)));
        Exchange(sent => Answer(sent, account: new LedgerLineState(700, 0, 0, 0, 0, true)));
        Assert.Equal((600L, 690L), Steps(Book.Adjust(Adjustment(second, 30), out _, out _)));

        static (long Before, long After) Steps(LedgerSettlementResult? result) => (result!.Value.Before[0].Charged, result.Value.After[0].Charged);
    }

    [Theory]
    [InlineData("begin")]
    [InlineData("admit")]
    [InlineData("settle")]
    [InlineData("adjust")]
    [InlineData("release")]
    [InlineData("renew")]
    [InlineData("find")]
    [InlineData("correct")]
    public void EachOperationChargesTheLeasesThatEnded(string operation)
    {
        Lease(Line());
        LedgerReservation other = Reservation(Line("far"));
        Admit(Line());
        Admit(Line());
        Time.Advance(TimeSpan.FromMinutes(2));
        switch (operation)
        {
            case "begin": Book.Begin(isLast: false); break;
            case "admit": Book.Admit(other); break;
            case "settle": Book.Settle(Settlement(other, 1), out _, out _, out _); break;
            case "adjust": Book.Adjust(Adjustment(other, 1), out _, out _); break;
            case "release": Book.Release(other.Id); break;
            case "renew": Book.Renew(other.Id, TimeSpan.FromMinutes(1)); break;
            case "find": Book.Find(other.Id, out _); break;
            default: Book.Correct([], []); break;
        }

        Assert.Equal(2, Book.TakeExpired()?.Count);
    }

    [Fact]
    public void WhatWasForgottenIsNotChargedToTheFarLedger()
    {
        Book = new SliceBook(new SliceRules { Clock = Time, MostSettled = 1 });
        Lease(Line());
        LedgerReservation[] calls = [.. Enumerable.Range(0, 3).Select(_ => Reservation(Line()) with { At = Time.GetUtcNow() })];
        foreach (LedgerReservation call in calls)
        {
            Book.Admit(call);
            Book.Settle(Settlement(call, 60), out _, out _, out _);
        }

        Assert.Null(Book.Find(calls[1].Id, out _));
        Assert.NotNull(Book.Find(calls[2].Id, out _));
        Assert.Null(Book.Settle(Settlement(calls[0], 60), out LedgerSettlement? far, out _, out _));
        Assert.Null(far!.Reservation);
        Assert.Null(Book.Settle(Settlement(calls[0] with { At = Time.GetUtcNow().AddTicks(1) }, 60), out far, out _, out _));
        Assert.NotNull(far!.Reservation);
    }

    [Fact]
    public void ARenewedReservationOfTheFarLedgerIsRememberedForAnotherHour()
    {
        LedgerReservation renewed = Reservation(Line("far")), other = Reservation(Line("far"));
        Book.Admit(renewed);
        Book.Admit(other);
        Time.Advance(TimeSpan.FromMinutes(50));
        Assert.Equal((false, true), Book.Renew(renewed.Id, TimeSpan.FromHours(2)));
        Assert.Equal((false, true), Book.Renew(Reservation().Id, TimeSpan.FromHours(2)));
        Time.Advance(TimeSpan.FromMinutes(20));
        Admit(Line("far"));

        Assert.True(Book.Admit(renewed).IsRepeated);
        Assert.False(Book.Admit(other).IsRepeated);
    }

    [Fact]
    public void WhatNoLongerCountsIsForgotten()
    {
        Lease(Line());
        LedgerReservation call = Reservation(Line());
        Book.Admit(call);
        Book.Settle(Settlement(call, 60), out _, out _, out _);
        Assert.NotNull(Book.WhenChanged("a"));

        Time.Advance(TimeSpan.FromDays(8));
        Assert.Null(Book.Find(call.Id, out _));
        Assert.Null(Book.WhenChanged("a"));
    }
}
