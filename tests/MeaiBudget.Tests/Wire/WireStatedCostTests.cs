using System.Text;
using Field = MeaiBudget.WireAnswerField;

namespace MeaiBudget.Tests;

/// <summary>Which of the costs that an answer states is taken.</summary>
public sealed class WireStatedCostTests
{
    [Fact]
    public void TheBodyGoesBeforeTheHeader()
    {
        (Field? Field, string Text, decimal Amount)[] places = [(Field.Cost, "1", 1m), (Field.CostTicks, "20000000000", 2m), (Field.NanoUnits, "300000000000", 3m), (null, "4", 4m)];
        for (int first = 0; first < places.Length; first++)
        {
            Assert.Equal(places[first].Amount, Stated(places[first..]).ToAmount());
            Assert.Equal(places[first].Amount, Stated([.. places[first..].Reverse()]).ToAmount());
            Assert.Equal(places[first].Amount, Stated(places[first..(first + 1)]).ToAmount());
        }

        Assert.Null(default(WireStatedCost).ToAmount());
    }

    // The cost, what the host paid, whether the key was the caller's; null is not told.
    [Theory]
    [InlineData("0.1", "0.5", null, "0.6")]
    [InlineData("0.5", "0.5", null, "0.5")]
    [InlineData("0.6", "0.5", null, "0.6")]
    [InlineData(null, "0.5", null, "0.5")]
    [InlineData(null, "0.5", true, "0.5")]
    [InlineData(null, "0.5", false, null)]
    [InlineData("0.1", "0.5", false, "0.1")]
    [InlineData("0.6", "0.5", true, "1.1")]
    [InlineData("0.6", "0", true, "0.6")]
    [InlineData("0", "0", null, "0")]
    [InlineData("0.6", null, true, "0.6")]
    [InlineData(null, null, true, null)]
    public void WhatTheHostPaidWithTheCallersKeyIsAdded(string? cost, string? upstream, bool? isOwnKey, string? expected)
    {
        WireStatedCost stated = default;
        if (cost is not null)
        {
            stated.Set(Field.Cost, Encoding.UTF8.GetBytes(cost));
        }

        if (upstream is not null)
        {
            stated.Set(Field.UpstreamCost, Encoding.UTF8.GetBytes(upstream));
        }

        if (isOwnKey is { } isOwn)
        {
            stated.SetOwnKey(isOwn);
        }

        Assert.Equal(expected is null ? null : decimal.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), stated.ToAmount());
    }

    [Theory]
    [InlineData("", 0)]
    [InlineData("  ", 0)]
    [InlineData("None", 0)]
    [InlineData("none", 0)]
    [InlineData("NULL", 0)]
    [InlineData("free", (int)WireFlags.UnreadableCost)]
    [InlineData("-1", (int)WireFlags.UnreadableCost)]
    [InlineData("10000.01", (int)WireFlags.UnreadableCost)]
    public void AHeaderWithoutAnAmountStatesNoCost(string text, int flags)
    {
        WireStatedCost stated = default;

        Assert.Equal((WireFlags)flags, stated.SetHeader(text));
        Assert.Null(stated.ToAmount());
        Assert.Equal(WireFlags.None, stated.SetHeader(" 0.5 "));
        Assert.Equal(0.5m, stated.ToAmount());
    }

    [Theory]
    [InlineData((int)Field.Cost, "10000", "10000.000001", "10000")]
    [InlineData((int)Field.CostTicks, "100000000000000", "100000000000001", "10000")]
    [InlineData((int)Field.NanoUnits, "1000000000000000", "1000000000000001", "10000")]
    [InlineData((int)Field.UpstreamCost, "10000", "10000.000001", "10000")]
    public void NoRequestCostsMoreThanTenThousandDollars(int field, string largest, string more, string amount)
    {
        WireStatedCost stated = default;

        Assert.Equal(WireFlags.UnreadableCost, stated.Set((Field)field, Encoding.UTF8.GetBytes(more)));
        Assert.Null(stated.ToAmount());
        Assert.Equal(WireFlags.None, stated.Set((Field)field, Encoding.UTF8.GetBytes(largest)));
        Assert.Equal(decimal.Parse(amount, System.Globalization.CultureInfo.InvariantCulture), stated.ToAmount());
    }

    [Fact]
    public void ALaterCostReplacesTheFirstButNotByZero()
    {
        WireStatedCost stated = default;
        stated.Set(Field.Cost, "0"u8);
        Assert.Equal(0m, stated.ToAmount());
        stated.Set(Field.Cost, "0.5"u8);
        Assert.Equal(0.5m, stated.ToAmount());
        stated.Set(Field.Cost, "0.25"u8);
        Assert.Equal(0.25m, stated.ToAmount());
        stated.Set(Field.Cost, "0"u8);
        Assert.Equal(0.25m, stated.ToAmount());
    }

    [Fact]
    public void AZeroOfAHostThatDoesNotKnowThePriceIsNoCost()
    {
        WireStatedCost stated = default;
        stated.Set(Field.Cost, "0"u8);
        stated.IgnoreZero();
        Assert.Null(stated.ToAmount());
        stated.Set(Field.Cost, "0.5"u8);
        Assert.Equal(0.5m, stated.ToAmount());
    }

    [Fact]
    public void ACostInAnotherCurrencyLeavesTheOthers()
    {
        WireStatedCost stated = default;
        stated.Set(Field.Cost, "0.5"u8);
        stated.Set(Field.CostTicks, "20000000000"u8);
        stated.SetCurrency("EUR"u8);
        stated.SetCurrency("USD"u8);
        Assert.Equal(2m, stated.ToAmount());
    }

    private static WireStatedCost Stated((Field? Field, string Text, decimal Amount)[] places)
    {
        WireStatedCost stated = default;
        foreach ((Field? field, string text, _) in places)
        {
            Assert.Equal(WireFlags.None, field is { } known ? stated.Set(known, Encoding.UTF8.GetBytes(text)) : stated.SetHeader(text));
        }

        return stated;
    }
}
