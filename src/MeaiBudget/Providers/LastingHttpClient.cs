namespace MeaiBudget;

/// <summary>An HTTP client that disposing does not end.</summary>
/// <remarks>
/// A pipeline disposes the client of its provider, also the pipeline of one scope, whose client the next scopes still use. The handler
/// belongs to the process or to the application, so there is nothing to free.
/// </remarks>
internal sealed class LastingHttpClient(HttpMessageHandler handler) : HttpClient(handler, disposeHandler: false)
{
    /// <inheritdoc/>
#pragma warning disable CA2215 // The base would make every later request fail.
    protected override void Dispose(bool disposing)
    {
    }
#pragma warning restore CA2215
}
