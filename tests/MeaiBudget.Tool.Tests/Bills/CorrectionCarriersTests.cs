using MeaiBudget.Tool;

namespace MeaiBudget.Tests;

public class CorrectionCarriersTests
{
    [Theory]
    [InlineData(-0.9, 64)]
    [InlineData(0.03, 64)]
    [InlineData(0.9, 900)]
    [InlineData(5.0, 1_500)]
    public void AsManyAreKeptAsAreLoweredToNothing(double lowered, int expected)
    {
        var carriers = new CorrectionCarriers((long)(lowered * 1_000_000_000));
        for (int i = 0; i < 1_500; i++)
        {
            var record = new SpendRecord { Id = new LedgerReservationId(Guid.NewGuid(), 1, "test"), State = "settled", Spent = 0.001m };
            carriers.Add(new BookedAttempt(record, [record]));
        }

        Assert.Equal((expected, 1_500_000_000), (carriers.Largest.Count, carriers.Charged));
    }
}
