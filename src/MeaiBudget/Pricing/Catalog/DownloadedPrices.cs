using System.Net;
using System.Net.Http.Headers;

namespace MeaiBudget;

/// <summary>Downloads a price file, and only when it has changed.</summary>
/// <param name="client">The HTTP client.</param>
/// <param name="url">The file's address.</param>
/// <param name="largest">The largest size in bytes.</param>
internal sealed class DownloadedPrices(HttpClient client, Uri url, long largest)
{
    private EntityTagHeaderValue? _tag;
    private PriceCatalog? _last;

    /// <summary>Returns the catalog of the file.</summary>
    /// <exception cref="PriceCatalogException">The server refused, or the file is too large or invalid.</exception>
    public async ValueTask<PriceCatalog> LoadAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (_tag is not null && _last is not null)
        {
            request.Headers.IfNoneMatch.Add(_tag);
        }

        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotModified && _last is not null)
        {
            return _last;
        }

        string name = $"{url.Host}{url.AbsolutePath}";
        if (!response.IsSuccessStatusCode)
        {
            throw new PriceCatalogException(name, null, $"The server answered with HTTP {(int)response.StatusCode}.", null);
        }

        using var file = new MemoryStream();
        await using Stream content = await response.Content.ReadAsStreamAsync(cancellationToken);
        byte[] buffer = new byte[64 * 1024];
        for (int read = await content.ReadAsync(buffer, cancellationToken); read > 0; read = await content.ReadAsync(buffer, cancellationToken))
        {
            if (file.Length + read > largest)
            {
                throw new PriceCatalogException(name, null, $"The file has more than {largest} bytes, the maximum (PriceCatalogSourceOptions.LargestDownload).", null);
            }

            file.Write(buffer, 0, read);
        }

        file.Position = 0;
        _last = PriceCatalog.Load(file, name);
        _tag = response.Headers.ETag;
        return _last;
    }
}
