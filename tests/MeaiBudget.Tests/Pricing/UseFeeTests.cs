namespace MeaiBudget.Tests;

/// <summary>Fees for uses of something other than a token.</summary>
public sealed class UseFeeTests
{
    private static readonly PriceComponent[] Fees = [.. Enumerable.Range((int)PriceComponent.Request, PriceComponent.Stated - PriceComponent.Request).Select(value => (PriceComponent)value)];

    [Fact]
    public void AModelIsFreeIfNoUseOfItCosts()
    {
        Assert.True(ModelPrice.Free.WithFees(perRequest: 0m, perPage: 0m).IsFree);
        Assert.All(Fees, fee => Assert.False(ModelPrice.Free.WithFee(fee, 0.5m).IsFree));
        Assert.All(Fees, fee => Assert.True(ModelPrice.Free.WithFee(fee, 0m).IsFree));
    }

    [Theory]
    [InlineData((int)PriceComponent.Request, false)]
    [InlineData((int)PriceComponent.WebSearch, false)]
    [InlineData((int)PriceComponent.WebSearchRequest, false)]
    [InlineData((int)PriceComponent.FileSearch, false)]
    [InlineData((int)PriceComponent.CodeExecutionSession, false)]
    [InlineData((int)PriceComponent.Image, true)]
    [InlineData((int)PriceComponent.AudioMinute, true)]
    [InlineData((int)PriceComponent.MillionCharacters, true)]
    [InlineData((int)PriceComponent.Page, true)]
    public void AModelWithoutPricesOfTokensIsPricedByItsMedia(int component, bool isPricedByUse)
    {
        ModelPrice price = ModelPrice.Free.WithFee((PriceComponent)component, 0.5m);

        Assert.Equal(isPricedByUse, price.IsPricedByUseOnly);
        Assert.False(ModelPrice.PerMillionTokens(0m, 1m).WithFee((PriceComponent)component, 0.5m).IsPricedByUseOnly);
        Assert.False(ModelPrice.Free.WithFee((PriceComponent)component, 0m).IsPricedByUseOnly);

        // A usage without the unit that is billed does not say what it costs.
        CostFlags flags = price.CostOf(new BillableUsage { InputTokens = 1 }).Flags;
        Assert.Equal(isPricedByUse, flags.HasFlag(CostFlags.MissingFee));
    }

    [Fact]
    public void EachFeeIsItsOwn()
    {
        foreach (PriceComponent fee in Fees)
        {
            UseFees table = UseFees.None.With((fee, 0.5m));

            Assert.All(Fees, other => Assert.Equal(other == fee ? 0.5m : null, table[other]));
            Assert.Equal(0.5m, table.With((fee, null))[fee]);
            Assert.Equal(0m, table.With((fee, 0m))[fee]);
            Assert.Null(UseFees.None[fee]);
            Assert.All(Fees, other => Assert.Equal(other == fee, table.Equals(UseFees.None.With((other, 0.5m)))));
            Assert.NotEqual(table, UseFees.None.With((fee, 0.25m)));
            Assert.False(table.Equals(null));
            Assert.False(table.Equals("fees"));
            Assert.True(table.Equals((object)UseFees.None.With((fee, 0.5m))));
            Assert.Equal(table.GetHashCode(), UseFees.None.With((fee, 0.5m)).GetHashCode());
        }

        Assert.Null(UseFees.None[PriceComponent.Input]);
        Assert.Null(UseFees.None[PriceComponent.OutputImage]);
        Assert.Null(UseFees.None[PriceComponent.Stated]);
    }
}
