using System.Text.Json;

namespace MeaiBudget;

/// <summary>Names of price components in this library's price format.</summary>
internal static class PriceComponentNames
{
    private static readonly string[] Names = [.. Enum.GetNames<PriceComponent>().Select(JsonNamingPolicy.CamelCase.ConvertName)];

    internal static string Of(PriceComponent component) => Names[(int)component];
}
