namespace MeaiBudget.Tests;

/// <summary>More slices than one exchange can have.</summary>
public sealed class ManySlicesTests : SliceBookFixture
{
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

    [Fact]
    public void EachOfManySlicesIsExchangedBeforeAnyIsExchangedAgain()
    {
        LedgerLine[] lines = [.. Enumerable.Range(0, 1_750).Select(number => Line("a" + number))];
        foreach (LedgerLine line in lines)
        {
            MakeBusy(line);
        }

        for (int round = 0; round < 3; round++)
        {
            var exchanged = new HashSet<string>();
            for (int i = 0; i < 4; i++)
            {
                MakeBusy(lines);
                exchanged.UnionWith(Exchange()!.Sent.Select(sent => sent.Reservation!.Lines[0].Account));
                Assert.Equal(i < 3, Book.TakeUrgency());
            }

            Assert.Equal(lines.Length, exchanged.Count);
        }
    }

    [Fact]
    public void ASliceThatReportsItsLastCallIsReachedBesideManyOthers()
    {
        LedgerLine[] lines = [.. Enumerable.Range(0, 500).Select(number => Line("a" + number))];
        Lease(Line());
        LedgerReservation call = Reservation(Line());
        Book.Admit(call);
        Exchange(sent => Answer(sent, isOpen: false, held: 0));
        Book.Settle(Settlement(call, 60), out _, out _, out _);
        foreach (LedgerLine line in lines)
        {
            MakeBusy(line);
        }

        LedgerSettlement[] sent = [.. Exchange()!.Sent];
        MakeBusy(lines);
        sent = [.. sent, .. Exchange()!.Sent];

        Assert.Equal(60, Assert.Single(sent, one => one.Reservation!.Lines[0].Account == "a").Amounts[0]);
    }
}
