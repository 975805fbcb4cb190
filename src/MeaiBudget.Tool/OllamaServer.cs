using System.Text.Json;

namespace MeaiBudget.Tool;

/// <summary>Finds an Ollama server and what it has.</summary>
internal static class OllamaServer
{
    private const string LocalAddress = "http://localhost:11434";

    /// <summary>The address that <c>OLLAMA_HOST</c> says, else Ollama's own.</summary>
    public static string AddressOf(string? host) => host is not { Length: > 0 } ? LocalAddress
        : host.Contains("://", StringComparison.Ordinal) ? host
        : "http://" + host;

    /// <summary>Gives a model that the server has; null if no server answers, or one without models.</summary>
    public static async Task<string?> FirstModelAsync(string address, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2) };
        try
        {
            await using Stream body = await http.GetStreamAsync(new Uri(new Uri(address.TrimEnd('/') + "/"), "api/tags"), cancellationToken);
            using JsonDocument tags = await JsonDocument.ParseAsync(body, cancellationToken: cancellationToken);
            return tags.RootElement.GetProperty("models").EnumerateArray().Select(model => model.GetProperty("name").GetString()).FirstOrDefault();
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or KeyNotFoundException or UriFormatException
            || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
