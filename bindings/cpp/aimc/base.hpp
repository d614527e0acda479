/* SPDX-License-Identifier: MIT */
#ifndef AIMC_BASE_HPP
#define AIMC_BASE_HPP
/**
 * @file base.hpp
 * What all classes of aimc.hpp stand on: exceptions, views, handles. Included by it.
 */

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <aimc/aimc.h>

namespace aimc
{

/* ---- errors ---------------------------------------------------------------------------------- */

/** What a call that fails throws: the library's sentence, and its status. @since 0.1 */
class error : public std::runtime_error
{
  public:
    error(aimc_status status, const char *sentence) : std::runtime_error(sentence), status_(status)
    {
    }
    /** Status of the call. */
    aimc_status status() const noexcept
    {
        return status_;
    }

  private:
    aimc_status status_;
};

/** One class for each status, so that it can be caught by type. @since 0.1 */
template <aimc_status S> class error_of : public error
{
  public:
    explicit error_of(const char *sentence) : error(S, sentence)
    {
    }
};

using invalid_error = error_of<AIMC_ERR_INVALID>;         /**< AIMC_ERR_INVALID */
using unsupported_error = error_of<AIMC_ERR_UNSUPPORTED>; /**< AIMC_ERR_UNSUPPORTED */
using no_memory_error = error_of<AIMC_ERR_NOMEM>;         /**< AIMC_ERR_NOMEM */
using abi_error = error_of<AIMC_ERR_ABI>;                 /**< AIMC_ERR_ABI */
using shape_error = error_of<AIMC_ERR_SHAPE>;             /**< AIMC_ERR_SHAPE */
using state_error = error_of<AIMC_ERR_STATE>;             /**< AIMC_ERR_STATE */
using io_error = error_of<AIMC_ERR_IO>;                   /**< AIMC_ERR_IO */
using format_error = error_of<AIMC_ERR_FORMAT>;           /**< AIMC_ERR_FORMAT */
using internal_error = error_of<AIMC_ERR_INTERNAL>;       /**< AIMC_ERR_INTERNAL */

/** Throw what a status means. @since 0.1 */
inline void check(aimc_status status)
{
    const char *sentence = aimc_get_last_error();
    switch (status) {
    case AIMC_OK:
        return;
    case AIMC_ERR_INVALID:
        throw invalid_error(sentence);
    case AIMC_ERR_UNSUPPORTED:
        throw unsupported_error(sentence);
    case AIMC_ERR_NOMEM:
        throw no_memory_error(sentence);
    case AIMC_ERR_ABI:
        throw abi_error(sentence);
    case AIMC_ERR_SHAPE:
        throw shape_error(sentence);
    case AIMC_ERR_STATE:
        throw state_error(sentence);
    case AIMC_ERR_IO:
        throw io_error(sentence);
    case AIMC_ERR_FORMAT:
        throw format_error(sentence);
    case AIMC_ERR_INTERNAL:
        throw internal_error(sentence);
    }
    throw error(status, sentence);
}

/* ---- views ----------------------------------------------------------------------------------- */

/** Consecutive elements of somebody else: what std::span is in C++20. @since 0.1 */
template <class T> class span
{
  public:
    constexpr span() noexcept = default;
    constexpr span(T *data, std::size_t size) noexcept : data_(data), size_(size)
    {
    }
    /** From anything with data() and size(): vector, array, string, std::span. */
    template <class C, class = std::enable_if_t<
                           std::is_convertible_v<decltype(std::declval<C &>().data()), T *>>>
    constexpr span(C &&c) noexcept : data_(c.data()), size_(c.size())
    {
    }
    constexpr T *data() const noexcept
    {
        return data_;
    }
    constexpr std::size_t size() const noexcept
    {
        return size_;
    }
    constexpr T &operator[](std::size_t i) const noexcept
    {
        return data_[i];
    }
    constexpr T *begin() const noexcept
    {
        return data_;
    }
    constexpr T *end() const noexcept
    {
        return data_ + size_;
    }

  private:
    T *data_ = nullptr;
    std::size_t size_ = 0;
};

namespace detail
{

/** How many vectors of a width a view holds; it must be whole. */
inline std::size_t rows(std::size_t size, std::size_t width, const char *what)
{
    if (width == 0 ? size != 0 : size % width != 0)
        throw shape_error((std::string(what) + " has " + std::to_string(size) +
                           " elements, no multiple of " + std::to_string(width))
                              .c_str());
    return width == 0 ? 0 : size / width;
}

inline void expect(std::size_t size, std::size_t wanted, const char *what)
{
    if (size != wanted)
        throw shape_error((std::string(what) + " has " + std::to_string(size) +
                           " elements; there must be " + std::to_string(wanted))
                              .c_str());
}

/** A fresh struct of the C interface that knows its size. */
template <class T> T sized()
{
    T made{};
    made.struct_size = sizeof made;
    return made;
}

/** Text of a function(object, buf, size) that returns the full length. */
template <class T, class F> std::string text(F function, const T *object)
{
    std::string s(function(object, nullptr, 0), '\0');
    function(object, s.data(), s.size() + 1);
    return s;
}

/** A handle that is destroyed once; null after it was moved from. */
template <class T, void (*Destroy)(T *)> class handle
{
  public:
    T *get() const noexcept
    {
        return p_.get();
    }
    explicit operator bool() const noexcept
    {
        return p_ != nullptr;
    }

  protected:
    handle() = default;
    template <class F, class... A> explicit handle(F create, A... arguments)
    {
        T *made = nullptr;
        check(create(arguments..., &made));
        p_.reset(made);
    }
    void reset(T *p) noexcept
    {
        p_.reset(p);
    }

  private:
    struct deleter {
        void operator()(T *p) const noexcept
        {
            Destroy(p);
        }
    };
    std::unique_ptr<T, deleter> p_;
};

} // namespace detail

} // namespace aimc

#endif
