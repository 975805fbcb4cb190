using System.Net;
using System.Net.Sockets;

namespace MeaiBudget;

/// <summary>Tells a model that runs on a machine of one's own from one that somebody bills.</summary>
internal static class LocalModels
{
    /// <summary>Whether the model is known to cost nothing: Ollama on a loopback or private address, and not one of its cloud models.</summary>
    public static bool IsFree(string? provider, Uri? address, string modelId) =>
        address is not null
        && string.Equals(provider, "ollama", StringComparison.OrdinalIgnoreCase)
        && !IsCloudTag(modelId)
        && IsPrivate(address);

    /// <summary>Ollama forwards models tagged <c>:cloud</c> or <c>:120b-cloud</c> to its own paid service.</summary>
    private static bool IsCloudTag(string modelId)
    {
        int tag = modelId.LastIndexOf(':');
        ReadOnlySpan<char> name = tag < 0 ? modelId : modelId.AsSpan(tag + 1);
        return name.Equals("cloud", StringComparison.OrdinalIgnoreCase) || name.EndsWith("-cloud", StringComparison.OrdinalIgnoreCase);
    }

    private static bool IsPrivate(Uri address)
    {
        if (!address.IsAbsoluteUri)
        {
            return false;
        }

        if (address.IsLoopback)
        {
            return true;
        }

        if (!IPAddress.TryParse(address.Host.AsSpan().Trim("[]"), out IPAddress? ip))
        {
            return string.Equals(address.Host, "host.docker.internal", StringComparison.OrdinalIgnoreCase);
        }

        if (ip.IsIPv4MappedToIPv6)
        {
            ip = ip.MapToIPv4();
        }

        if (IPAddress.IsLoopback(ip))
        {
            return true;
        }

        if (ip.AddressFamily == AddressFamily.InterNetworkV6)
        {
            return ip.IsIPv6UniqueLocal || ip.IsIPv6LinkLocal;
        }

        Span<byte> bytes = stackalloc byte[4];
        ip.TryWriteBytes(bytes, out _);
        return bytes[0] == 10
            || (bytes[0] == 172 && bytes[1] is >= 16 and <= 31)
            || (bytes[0] == 192 && bytes[1] == 168)
            || (bytes[0] == 169 && bytes[1] == 254);
    }
}
