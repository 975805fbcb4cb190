using System.Text.Json;

namespace MeaiBudget;

/// <summary>Detects the format of a price file and reads the file completely, or throws.</summary>
internal static class PriceFileReader
{
    internal static PriceCatalog Read(Stream stream, string name, IProgress<long>? progress)
    {
        var json = new JsonValueStream(stream, progress);
        var content = new PriceFileContent();
        try
        {
            ReadRoot(json, content);
            return content.ToCatalog();
        }
        catch (PriceFileFault fault)
        {
            throw new PriceCatalogException(name, json.Line + LinesBefore(json, fault), fault.Message, fault);
        }
        catch (JsonException exception)
        {
            throw new PriceCatalogException(name, (exception.LineNumber + 1) ?? json.Line, $"It is not valid JSON: {JsonFault.Reason(exception)}", exception);
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException or ArgumentException or OverflowException)
        {
            // Text that is not UTF-8, or a number that the checks above did not find.
            throw new PriceCatalogException(name, json.Line, exception.Message, exception);
        }
    }

    private static long LinesBefore(JsonValueStream json, PriceFileFault fault) =>
        fault.Path is null ? 0 : JsonPath.LinesBefore(json.LastValue, fault.Path);

    private static void ReadRoot(JsonValueStream json, PriceFileContent content)
    {
        switch (json.ReadToken().Type)
        {
            case JsonTokenType.StartArray:
                GenAiPricesFormat.ReadProviders(json, content);
                break;
            case JsonTokenType.StartObject:
                ReadObject(json, content);
                break;
            case JsonTokenType.None:
                throw new PriceFileFault("The file is empty.", null);
            default:
                throw new PriceFileFault("A price file is a JSON object or a list of providers.", null);
        }

        // The reader throws if anything follows.
        json.ReadToken();
        if (content is { HasModels: false, HasPrices: false })
        {
            // An empty list is valid in this library's format. A file of another project without a price is invalid.
            throw new PriceFileFault("The file contains no price of any model.", null);
        }
    }

    private static void ReadRecord(string key, JsonCursor value, PriceFileContent content)
    {
        try
        {
            LiteLlmFormat.ReadRecord(key, value, content);
        }
        catch (PriceFileFault fault)
        {
            throw new PriceFileFault($"In the record '{key}': {fault.Message}", fault.Path);
        }
    }

    private static void ReadObject(JsonValueStream json, PriceFileContent content)
    {
        // This library's format begins with a simple property. LiteLLM's is a map from ids to objects.
        bool? isOwn = null;
        for ((JsonTokenType type, string? key) = json.ReadToken(); type == JsonTokenType.PropertyName; (type, key) = json.ReadToken())
        {
            if (isOwn != false && key is "models" or "providers" && json.TryEnterArray())
            {
                if (key == "providers")
                {
                    GenAiPricesFormat.ReadProviders(json, content);
                }
                else
                {
                    PriceCatalogFormat.ReadModels(json, content);
                }

                isOwn = true;
                continue;
            }

            json.TryReadValue(allowDuplicates: isOwn == false, out JsonCursor value);
            bool isRecord = value.IsObject && !PriceCatalogFormat.IsHeader(key!);
            isOwn ??= value.IsObject ? isRecord ? false : null : true;
            if (isOwn == false)
            {
                ReadRecord(key!, value, content);
            }
            else
            {
                PriceCatalogFormat.ReadHeader(key!, value, content);
            }
        }

        if (isOwn is null)
        {
            throw new PriceFileFault("The JSON object contains neither 'models' (MeaiBudget's format), nor 'providers' (genai-prices), nor records of LiteLLM's format.", null);
        }

        if (isOwn == true && content is { HasModels: false, HasProviders: false })
        {
            throw new PriceFileFault("The file has no list 'models'.", null);
        }
    }
}
