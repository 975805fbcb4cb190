using System.Text.Json;

namespace MeaiBudget;

/// <summary>Names of price components in this library's price format.</summary>
internal static class PriceComponentNames
{
    private static readonly string[] Names = [.. Enum.GetNames<PriceComponent>().Select(JsonNamingPolicy.CamelCase.ConvertName)];

    /// <summary>Returns the fee or price per use with a name; null if there is none, as in a file of a later version.</summary>
    internal static PriceComponent? FeeOf(string name) =>
        Array.IndexOf(Names, name) is >= (int)PriceComponent.Request and < (int)PriceComponent.Stated and var index ? (PriceComponent)index : null;

    internal static string Of(PriceComponent component) => Names[(int)component];
}
