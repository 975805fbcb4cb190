using System.Net;
using System.Net.Sockets;

namespace MeaiBudget;

/// <summary>Detects models that run on the user's own machines and so cost nothing. Thread-safe.</summary>
internal static class LocalModel
{
    /// <summary>Returns whether a model is known to cost nothing: an Ollama model at a loopback or private address, without a cloud tag.</summary>
    /// <param name="provider">The provider's name.</param>
    /// <param name="endpoint">The base URL of the provider.</param>
    /// <param name="modelId">The model's id. Ollama forwards models with a <c>:cloud</c> or <c>-cloud</c> tag to its paid service.</param>
    /// <returns>
    /// <see langword="true"/> for loopback and private addresses, and for host names that stay on the machine or the local network (without
    /// a dot, or ending in <c>.localhost</c> or <c>.local</c>); otherwise <see langword="false"/>.
    /// </returns>
    public static bool IsKnownFree(string? provider, Uri? endpoint, string? modelId)
    {
        if (ProviderNames.Canonical(provider) != ProviderNames.Ollama || endpoint is not { IsAbsoluteUri: true } || string.IsNullOrWhiteSpace(modelId))
        {
            return false;
        }

        return !IsCloudTag(modelId) && IsLocalHost(endpoint);
    }

    private static bool IsCloudTag(string modelId) =>
        modelId.EndsWith(":cloud", StringComparison.OrdinalIgnoreCase)
        || (modelId.LastIndexOf(':') is >= 0 and var colon && modelId.AsSpan(colon).EndsWith("-cloud", StringComparison.OrdinalIgnoreCase));

    private static bool IsLocalHost(Uri endpoint)
    {
        string host = endpoint.DnsSafeHost;
        if (!IPAddress.TryParse(host, out IPAddress? address))
        {
            // A name without a dot (localhost, a container's name) stays in the local network. .localhost and .local are reserved for it.
            return host.Length > 0 && (!host.Contains('.', StringComparison.Ordinal)
                || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".local", StringComparison.OrdinalIgnoreCase)
                || host.Equals("host.docker.internal", StringComparison.OrdinalIgnoreCase));
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        if (IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
        {
            return true;
        }

        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return address.IsIPv6LinkLocal || address.IsIPv6UniqueLocal;
        }

        // RFC 1918 and RFC 3927.
        ReadOnlySpan<byte> bytes = address.GetAddressBytes();
        return bytes[0] == 10 || (bytes[0] == 172 && bytes[1] is >= 16 and <= 31) || (bytes[0] == 192 && bytes[1] == 168) || (bytes[0] == 169 && bytes[1] == 254);
    }
}
